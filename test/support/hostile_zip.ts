import { crc32, deflateRawSync } from "node:zlib";
import { formatModuleVersion, type ModuleVersion } from "../../src/module/module_version.ts";

/** An entry of a zip of {@linkcode writeZip}. What is left out is what an honest writer would write. */
export interface ZipEntrySpec {
  readonly name: string | Uint8Array;
  readonly content?: string | Uint8Array;
  /** Compression method of both headers; 8 by default. Any but 8 leaves the content as it is. */
  readonly method?: number;
  /** The bytes behind the local header, instead of the compressed content. */
  readonly data?: Uint8Array;
  readonly crc32?: number;
  readonly size?: number;
  readonly compressedSize?: number;
  readonly flags?: number;
  readonly localName?: string | Uint8Array;
  readonly localMethod?: number;
  readonly localFlags?: number;
  readonly localSignature?: number;
  /** A Unix mode with its file type, as a writer on Unix leaves it. */
  readonly mode?: number;
  /** Extra field of the central header. */
  readonly extra?: Uint8Array;
  /** Offset of the local header as the central one gives it. */
  readonly headerOffset?: number;
  readonly disk?: number;
  /** A data descriptor behind the data, with its signature or without; CRC and sizes are then zero in the local header. */
  readonly dataDescriptor?: "signed" | "unsigned";
  /** CRC-32 of the data descriptor. */
  readonly descriptorCrc32?: number;
}

/** What a zip of {@linkcode writeZip} has around its entries. */
export interface ZipSpec {
  /** Bytes before the zip. */
  readonly before?: Uint8Array;
  /** Bytes after its comment. */
  readonly after?: Uint8Array;
  readonly comment?: string;
  /** Number of this disk. */
  readonly disk?: number;
  /** Number of entries as the end record gives it. */
  readonly records?: number;
  readonly directorySize?: number;
  readonly directoryOffset?: number;
  /** With a zip64 end record and locator, and a plain record at its maxima. */
  readonly zip64?: boolean;
}

/** Writes a zip that is as wrong as it is told to be. */
export function writeZip(
  specs: readonly ZipEntrySpec[],
  zip: ZipSpec = {},
): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const headers: Uint8Array[] = [];
  let offset = 0;
  for (const spec of specs) {
    const entry = completeEntry(spec);
    headers.push(centralHeader(entry, spec.headerOffset ?? offset));
    const local = Buffer.concat([localHeader(entry), entry.data, descriptor(entry)]);
    parts.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(headers);
  const end = endRecords(specs.length, directory.length, offset, zip);
  const before = zip.before ?? new Uint8Array(0);
  const after = zip.after ?? new Uint8Array(0);
  return Uint8Array.from(Buffer.concat([before, ...parts, directory, end, after]));
}

/** An honest zip of a module: names are relative to its root. */
export function writeModuleZip(
  id: ModuleVersion,
  files: Readonly<Record<string, string | Uint8Array>>,
): Uint8Array<ArrayBuffer> {
  return writeZip(moduleEntries(id, files));
}

/** The entries of an honest zip of a module, to add hostile ones to. */
export function moduleEntries(
  id: ModuleVersion,
  files: Readonly<Record<string, string | Uint8Array>>,
): ZipEntrySpec[] {
  return Object.entries(files).map(([name, content]) => ({
    name: `${formatModuleVersion(id)}/${name}`,
    content,
  }));
}

/** A little-endian zip64 extra field of 64-bit values. */
export function zip64Extra(...values: readonly number[]): Uint8Array {
  return little([2, 1], [2, values.length * 8], ...values.map((value): Field => [8, value]));
}

type CompleteEntry = ReturnType<typeof completeEntry>;

function completeEntry(spec: ZipEntrySpec) {
  const content = Buffer.from(spec.content ?? "");
  const method = spec.method ?? 8;
  const data = spec.data ?? (method === 8 ? deflateRawSync(content) : content);
  return {
    name: Buffer.from(spec.name),
    localName: Buffer.from(spec.localName ?? spec.name),
    method,
    localMethod: spec.localMethod ?? method,
    localSignature: spec.localSignature ?? 0x04034b50,
    data,
    crc32: spec.crc32 ?? crc32(content),
    size: spec.size ?? content.length,
    compressedSize: spec.compressedSize ?? data.length,
    flags: (spec.flags ?? 0x800) | (spec.dataDescriptor === undefined ? 0 : 8),
    localFlags: spec.localFlags,
    mode: spec.mode,
    extra: spec.extra ?? new Uint8Array(0),
    disk: spec.disk ?? 0,
    dataDescriptor: spec.dataDescriptor,
    descriptorCrc32: spec.descriptorCrc32,
  };
}

/** Bytes of an integer and its value. */
type Field = readonly [bytes: 2 | 4 | 8, value: number];

function little(...fields: readonly Field[]): Buffer {
  const bytes = Buffer.alloc(fields.reduce((sum, [length]) => sum + length, 0));
  let offset = 0;
  for (const [length, value] of fields) {
    if (length === 8) bytes.writeBigUInt64LE(BigInt(value), offset);
    else bytes.writeUIntLE(value, offset, length);
    offset += length;
  }
  return bytes;
}

function localHeader(entry: CompleteEntry): Buffer {
  const streamed = entry.dataDescriptor !== undefined;
  const header = little(
    [4, entry.localSignature],
    [2, 20],
    [2, entry.localFlags ?? entry.flags],
    [2, entry.localMethod],
    [4, 0],
    [4, streamed ? 0 : entry.crc32],
    [4, streamed ? 0 : entry.compressedSize],
    [4, streamed ? 0 : entry.size],
    [2, entry.localName.length],
    [2, 0],
  );
  return Buffer.concat([header, entry.localName]);
}

function descriptor(entry: CompleteEntry): Buffer {
  const fields: Field[] = [
    [4, entry.descriptorCrc32 ?? entry.crc32],
    [4, entry.compressedSize],
    [4, entry.size],
  ];
  if (entry.dataDescriptor === undefined) return Buffer.alloc(0);
  return entry.dataDescriptor === "signed" ? little([4, 0x08074b50], ...fields) : little(...fields);
}

function centralHeader(entry: CompleteEntry, offset: number): Buffer {
  const header = little(
    [4, 0x02014b50],
    [2, entry.mode === undefined ? 20 : (3 << 8) | 20],
    [2, 20],
    [2, entry.flags],
    [2, entry.method],
    [4, 0],
    [4, entry.crc32],
    [4, entry.compressedSize],
    [4, entry.size],
    [2, entry.name.length],
    [2, entry.extra.length],
    [2, 0],
    [2, entry.disk],
    [2, 0],
    [4, (entry.mode ?? 0) * 0x10000],
    [4, offset],
  );
  return Buffer.concat([header, entry.name, entry.extra]);
}

function endRecords(entries: number, length: number, offset: number, zip: ZipSpec): Buffer {
  const records = zip.records ?? entries;
  const size = zip.directorySize ?? length;
  const start = zip.directoryOffset ?? offset;
  const disk = zip.disk ?? 0;
  const comment = Buffer.from(zip.comment ?? "");
  const tail = Buffer.concat([little([2, comment.length]), comment]);
  if (zip.zip64 !== true) {
    return Buffer.concat([
      little([4, 0x06054b50], [2, disk], [2, disk], [2, records], [2, records]),
      little([4, size], [4, start]),
      tail,
    ]);
  }
  return Buffer.concat([
    little([4, 0x06064b50], [8, 44], [2, 45], [2, 45], [4, disk], [4, disk]),
    little([8, records], [8, records], [8, size], [8, start]),
    little([4, 0x07064b50], [4, disk], [8, offset + length], [4, disk + 1]),
    little([4, 0x06054b50], [2, 0], [2, 0], [2, 0xffff], [2, 0xffff]),
    little([4, 0xffffffff], [4, 0xffffffff]),
    tail,
  ]);
}

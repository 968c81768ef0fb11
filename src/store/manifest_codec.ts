import { GomodfsError } from "../lib/gomodfs_error.ts";
import { compareBytes } from "../module/byte_order.ts";
import type { H1 } from "../module/module_version.ts";
import { quote } from "../module/quote.ts";
import { EncodedManifest } from "./encoded_manifest.ts";
import type { Manifest } from "./manifest.ts";
import {
  COUNT_OFFSET,
  CRC32_OFFSET,
  DIRECTORIES_LENGTH_OFFSET,
  H1_LENGTH,
  H1_OFFSET,
  HEADER_LENGTH,
  MAGIC,
  NAMES_LENGTH_OFFSET,
  OBJECT_ID_LENGTH,
  OBJECT_ID_OFFSET,
  RECORD_LENGTH,
  SHA256_LENGTH,
  SHA256_OFFSET,
  SIZE_OFFSET,
  STORED_SIZE_OFFSET,
  TOTAL_SIZE_OFFSET,
} from "./manifest_format.ts";

/** What a manifest says of one file. */
export interface ManifestRow {
  /** Relative to the module's root. */
  readonly name: string;
  /** Content bytes. */
  readonly size: number;
  /** Bytes of the raw deflate stream; -1 where none is kept. */
  readonly storedSize: number;
  /** CRC-32 of the content. */
  readonly crc32: number;
  /** Git blob id of the content, 20 bytes. */
  readonly objectId: Uint8Array;
  /** SHA-256 of the content, 32 bytes. */
  readonly sha256: Uint8Array;
}

/**
 * Encodes a manifest.
 *
 * @param rows in ascending byte order of their names, no name twice
 * @param directories names of the zip's directory entries, relative to the module's root
 * @throws GomodfsError `INVALID` where the rows are not in order or a name holds a NUL
 */
export function encodeManifest(
  h1: H1,
  rows: readonly ManifestRow[],
  directories: readonly string[] = [],
): Uint8Array<ArrayBuffer> {
  checkOrder(rows);
  const names = encodeNames(rows.map((row) => row.name));
  const directoryNames = encodeNames(directories);
  const recordsEnd = HEADER_LENGTH + rows.length * RECORD_LENGTH;
  const bytes = Buffer.alloc(recordsEnd + names.length + directoryNames.length);
  bytes.write(MAGIC, "latin1");
  decodeH1(h1).copy(bytes, H1_OFFSET);
  bytes.writeUInt32BE(rows.length, COUNT_OFFSET);
  bytes.writeUInt32BE(names.length, NAMES_LENGTH_OFFSET);
  bytes.writeUInt32BE(directoryNames.length, DIRECTORIES_LENGTH_OFFSET);
  const totalSize = rows.reduce((sum, row) => sum + row.size, 0);
  bytes.writeBigUInt64BE(BigInt(totalSize), TOTAL_SIZE_OFFSET);
  for (const [index, row] of rows.entries()) {
    writeRecord(bytes, HEADER_LENGTH + index * RECORD_LENGTH, row);
  }
  names.copy(bytes, recordsEnd);
  directoryNames.copy(bytes, recordsEnd + names.length);
  return bytes;
}

/**
 * Gives access to an encoded manifest, whose bytes are kept and must not change. Costs next to nothing until a name is
 * asked for.
 *
 * @throws GomodfsError `STORE` for bytes that are no manifest
 */
export function decodeManifest(bytes: Uint8Array): Manifest {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < HEADER_LENGTH || buffer.toString("latin1", 0, MAGIC.length) !== MAGIC) {
    throw new GomodfsError(
      "STORE",
      "a stored manifest is damaged or of another version of gomodfs",
      {
        hint: "remove the module from the store and fetch it again",
      },
    );
  }
  return new EncodedManifest(buffer);
}

/**
 * A copy of an encoded manifest with other stored sizes.
 *
 * @param sizes one for each file, in manifest order
 * @throws GomodfsError `STORE` for bytes that are no manifest
 */
export function withStoredSizes(bytes: Uint8Array, sizes: Int32Array): Uint8Array<ArrayBuffer> {
  const { count } = decodeManifest(bytes);
  if (sizes.length !== count) {
    throw new RangeError(`${sizes.length} stored sizes for ${count} files`);
  }
  const copy = Buffer.from(bytes);
  for (const [index, size] of sizes.entries()) {
    copy.writeInt32BE(size, HEADER_LENGTH + index * RECORD_LENGTH + STORED_SIZE_OFFSET);
  }
  return copy;
}

function checkOrder(rows: readonly ManifestRow[]): void {
  let previous: string | undefined;
  for (const { name } of rows) {
    if (previous !== undefined && compareBytes(previous, name) >= 0) {
      throw new GomodfsError(
        "INVALID",
        `manifest name ${quote(name)} is not above the one before it`,
      );
    }
    previous = name;
  }
}

function encodeNames(names: readonly string[]): Buffer {
  const nul = names.find((name) => name.includes("\0"));
  if (nul !== undefined) {
    throw new GomodfsError("INVALID", `manifest name ${quote(nul)} holds a NUL`);
  }
  return Buffer.from(names.map((name) => `${name}\0`).join(""));
}

function writeRecord(bytes: Buffer, start: number, row: ManifestRow): void {
  if (row.objectId.length !== OBJECT_ID_LENGTH || row.sha256.length !== SHA256_LENGTH) {
    throw new RangeError(`the hashes of ${quote(row.name)} have wrong lengths`);
  }
  bytes.writeUInt32BE(row.size, start + SIZE_OFFSET);
  bytes.writeInt32BE(row.storedSize, start + STORED_SIZE_OFFSET);
  bytes.writeUInt32BE(row.crc32, start + CRC32_OFFSET);
  bytes.set(row.objectId, start + OBJECT_ID_OFFSET);
  bytes.set(row.sha256, start + SHA256_OFFSET);
}

function decodeH1(h1: H1): Buffer {
  const hash = Buffer.from(h1.slice("h1:".length), "base64");
  if (hash.length !== H1_LENGTH) throw new GomodfsError("INVALID", `${h1} is no h1 hash`);
  return hash;
}

import { hash } from "node:crypto";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { compareBytes } from "../module/byte_order.ts";
import { type HashedFile, hash1 } from "../module/dirhash.ts";
import { formatModuleVersion, type ModuleVersion } from "../module/module_version.ts";
import { quote } from "../module/quote.ts";
import { readZipEntries } from "../module/zip/central_directory.ts";
import type { RandomAccessReader } from "../module/zip/random_access.ts";
import { type ZipEntry, zipEntryType } from "../module/zip/zip_entry.ts";
import { checkZipEntries, checkZipSize } from "../module/zip_rules.ts";
import type { Adler32 } from "./adler32.ts";
import { readEntryContent } from "./entry_content.ts";
import { gitBlobId } from "./git_blob_id.ts";
import type { IngestedModule } from "./ingested_module.ts";
import { encodeManifest, type ManifestRow } from "./manifest_codec.ts";
import type { ZipBytes } from "./module_store.ts";
import { openZipBytes } from "./zip_bytes_reader.ts";
import { ZLIB_OVERHEAD, ZlibStreamWriter } from "./zlib_stream.ts";

/** An entry under its name relative to the module's root. */
interface NamedEntry {
  readonly name: string;
  readonly entry: ZipEntry;
}

/** SHA-256 of no bytes: what the h1 hash has for a directory entry. */
const EMPTY_SHA256 = hash("sha256", "", "buffer");

/**
 * Checks a module zip and takes it apart. Each file is inflated once, for its checksums, and its deflate stream is kept
 * as it is; a file that the zip does not compress is deflated.
 *
 * @throws GomodfsError `INVALID` or `TOO_LARGE` naming the module and the entry, `SECURITY` for a SHA-1 collision,
 *   `STORE` if a spooled zip cannot be read
 */
export function ingestZip(id: ModuleVersion, zip: ZipBytes, adler32: Adler32): IngestedModule {
  const reader = openZipBytes(zip);
  try {
    return ingest(id, reader, adler32);
  } catch (error) {
    throw namingModule(id, error);
  } finally {
    reader.close();
  }
}

function ingest(id: ModuleVersion, reader: RandomAccessReader, adler32: Adler32): IngestedModule {
  checkZipSize(id, reader.size);
  const entries = readZipEntries(reader);
  entries.forEach(checkType);
  checkZipEntries(id, entries);
  const prefix = `${formatModuleVersion(id)}/`;
  const named = entries.map((entry) => ({ name: entry.name.slice(prefix.length), entry }));
  const directories = named.filter(isDirectory).map(({ name }) => name);
  const files = named
    .filter((entry) => !isDirectory(entry))
    .sort((a, b) => compareBytes(a.name, b.name));
  const { rows, streams, streamEnds } = ingestFiles(reader, files, adler32);
  const h1 = hash1(hashedFiles(prefix, rows, directories));
  return { h1, manifest: encodeManifest(h1, rows, directories), streams, streamEnds };
}

interface IngestedFiles {
  readonly rows: ManifestRow[];
  readonly streams: Uint8Array<ArrayBuffer>;
  readonly streamEnds: Uint32Array<ArrayBuffer>;
}

function ingestFiles(
  reader: RandomAccessReader,
  files: readonly NamedEntry[],
  adler32: Adler32,
): IngestedFiles {
  const rows: ManifestRow[] = [];
  const rowOfContent = new Map<string, ManifestRow>();
  const streams = new ZlibStreamWriter(expectedLength(files));
  const streamEnds = new Uint32Array(files.length);
  for (const [index, { name, entry }] of files.entries()) {
    const { content, deflated } = readEntryContent(reader, entry);
    const objectId = gitBlobId(content);
    const sha256 = hash("sha256", content, "buffer");
    const key = objectId.toString("latin1");
    const same = rowOfContent.get(key);
    if (same === undefined) streams.append(deflated, adler32.compute(content));
    else checkSameContent(same, name, sha256);
    const storedSize = same?.storedSize ?? deflated.length;
    const row = { name, size: entry.size, storedSize, crc32: entry.crc32, objectId, sha256 };
    if (same === undefined) rowOfContent.set(key, row);
    rows.push(row);
    streamEnds[index] = streams.length;
  }
  return { rows, streams: streams.finish(), streamEnds };
}

function expectedLength(files: readonly NamedEntry[]): number {
  return files.reduce((sum, { entry }) => sum + entry.compressedSize + ZLIB_OVERHEAD, 0);
}

/** Entries that are neither files nor directories have no place in a module zip; x/mod/zip never writes one. */
function checkType(entry: ZipEntry): void {
  const type = zipEntryType(entry);
  if (type !== (entry.name.endsWith("/") ? "directory" : "file")) {
    throw new GomodfsError(
      "INVALID",
      `zip entry ${quote(entry.name)} is no regular file (${type})`,
    );
  }
  if (type === "directory" && entry.size !== 0) {
    throw new GomodfsError("INVALID", `zip entry ${quote(entry.name)} is a directory with content`);
  }
}

function isDirectory({ entry }: NamedEntry): boolean {
  return entry.name.endsWith("/");
}

/** The store names contents by SHA-1, for which collisions can be made; SHA-256 tells them. */
function checkSameContent(same: ManifestRow, name: string, sha256: Uint8Array): void {
  if (Buffer.compare(same.sha256, sha256) !== 0) {
    throw new GomodfsError(
      "SECURITY",
      `files ${quote(same.name)} and ${quote(name)} differ and have the same SHA-1`,
    );
  }
}

/** What HashZip of golang.org/x/mod/sumdb/dirhash hashes: every entry, directories too. */
function hashedFiles(
  prefix: string,
  rows: readonly ManifestRow[],
  directories: readonly string[],
): HashedFile[] {
  return [
    ...rows.map(({ name, sha256 }) => ({ name: prefix + name, sha256 })),
    ...directories.map((name) => ({ name: prefix + name, sha256: EMPTY_SHA256 })),
  ];
}

function namingModule(id: ModuleVersion, error: unknown): unknown {
  if (!(error instanceof GomodfsError)) return error;
  const { code, hint, message } = error;
  const name = formatModuleVersion(id);
  if (message.includes(name)) return error;
  return new GomodfsError(code, `module zip of ${name}: ${message}`, {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}

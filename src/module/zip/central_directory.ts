import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { ByteCursor } from "./byte_cursor.ts";
import { type CentralHeader, invalidEntry, parseCentralHeader } from "./central_header.ts";
import {
  type CentralDirectoryLocation,
  locateCentralDirectory,
} from "./end_of_central_directory.ts";
import { type EntryExtent, readLocalHeader } from "./local_header.ts";
import type { RandomAccessReader } from "./random_access.ts";
import type { ZipEntry } from "./zip_entry.ts";
import {
  CENTRAL_DIRECTORY_HEADER_LENGTH,
  CENTRAL_DIRECTORY_HEADER_SIGNATURE,
  UINT16_MAX,
} from "./zip_format.ts";
import { type DecodeName, decodeZipName } from "./zip_name.ts";

/** More entries than any module has: the largest known have some 100,000. */
const MAXIMUM_ENTRIES = 1_000_000;
/** Bytes of headers that are read at once; a module of 16,000 files has 2 MB. */
const MAXIMUM_DIRECTORY_LENGTH = 256 * 1024 * 1024;

/** An entry and the bytes of the zip that it takes up. */
interface LocatedEntry {
  readonly header: CentralHeader;
  readonly extent: EntryExtent;
}

/**
 * The entries of a zip, in the order of its central directory. What Go's archive/zip checks on opening a zip and its
 * entries is checked, and more: entries must not overlap, and local headers must agree with the central ones, so that
 * no two readers see different files in it.
 *
 * @param decodeName unless given, one that refuses names which are not UTF-8
 * @throws GomodfsError `INVALID` naming the entry, `TOO_LARGE` for an absurd number of entries
 */
export function readZipEntries(
  reader: RandomAccessReader,
  decodeName: DecodeName = decodeZipName,
): ZipEntry[] {
  const location = locateCentralDirectory(reader);
  const located = readCentralHeaders(reader, location, decodeName).map((header) => ({
    header,
    extent: readLocalHeader(reader, header, location.start),
  }));
  checkNoOverlap(located);
  return located.map(toEntry);
}

/**
 * The entries as the central directory alone describes them, in its order: for a zip that was checked when it was kept.
 * The local headers, which are all over the zip, are not read.
 *
 * @throws GomodfsError `INVALID` naming the entry, `TOO_LARGE` for an absurd number of entries
 */
export function readCentralDirectory(reader: RandomAccessReader): CentralHeader[] {
  return readCentralHeaders(reader, locateCentralDirectory(reader), decodeZipName);
}

function readCentralHeaders(
  reader: RandomAccessReader,
  location: CentralDirectoryLocation,
  decodeName: DecodeName,
): CentralHeader[] {
  const length = location.end - location.start;
  if (length > MAXIMUM_DIRECTORY_LENGTH) {
    throw new GomodfsError("TOO_LARGE", `the zip's central directory has ${length} bytes`);
  }
  const cursor = new ByteCursor(reader.read(location.start, length), "the zip's central directory");
  const headers: CentralHeader[] = [];
  while (cursor.remaining >= CENTRAL_DIRECTORY_HEADER_LENGTH) {
    if (cursor.uint32() !== CENTRAL_DIRECTORY_HEADER_SIGNATURE) break;
    headers.push(parseCentralHeader(cursor, location.baseOffset, decodeName));
    if (headers.length > MAXIMUM_ENTRIES) {
      throw new GomodfsError("TOO_LARGE", `the zip has more than ${MAXIMUM_ENTRIES} entries`);
    }
  }
  // Writers without zip64 truncate the number to 16 bits; Go's archive/zip compares those only.
  if ((headers.length & UINT16_MAX) !== location.records % (UINT16_MAX + 1)) {
    throw new GomodfsError(
      "INVALID",
      `the zip's central directory has ${headers.length} entries and announces ${location.records}`,
    );
  }
  return headers;
}

/**
 * Refuses entries that share bytes: so a small zip names the same compressed bytes many times, and so two readers come
 * to see two different files.
 */
function checkNoOverlap(entries: readonly LocatedEntry[]): void {
  let end = 0;
  for (const { header, extent } of entries.toSorted((a, b) => a.extent.start - b.extent.start)) {
    if (extent.start < end) throw invalidEntry(header.name, "overlaps another entry");
    end = extent.end;
  }
}

function toEntry({ header, extent }: LocatedEntry): ZipEntry {
  return {
    name: header.name,
    method: header.method,
    flags: header.flags,
    crc32: header.crc32,
    compressedSize: header.compressedSize,
    size: header.size,
    dataOffset: extent.dataOffset,
    versionMadeBy: header.versionMadeBy,
    externalAttributes: header.externalAttributes,
  };
}

import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { ByteCursor } from "./byte_cursor.ts";
import type { RandomAccessReader } from "./random_access.ts";
import {
  CENTRAL_DIRECTORY_HEADER_LENGTH,
  CENTRAL_DIRECTORY_HEADER_SIGNATURE,
  END_OF_CENTRAL_DIRECTORY_LENGTH,
  END_OF_CENTRAL_DIRECTORY_SIGNATURE,
  UINT16_MAX,
  UINT32_MAX,
  ZIP64_END_OF_CENTRAL_DIRECTORY_LENGTH,
  ZIP64_END_OF_CENTRAL_DIRECTORY_SIGNATURE,
  ZIP64_LOCATOR_LENGTH,
  ZIP64_LOCATOR_SIGNATURE,
} from "./zip_format.ts";

/** Where the central directory of a zip is. Offsets count from the first byte of the reader. */
export interface CentralDirectoryLocation {
  /** Number of entries; only its lower 16 bits are to be trusted where there is no zip64 record. */
  readonly records: number;
  /** Offset of the first central directory header. */
  readonly start: number;
  /** Offset of the first byte after the headers: an end of central directory record, zip64 or not. */
  readonly end: number;
  /** What to add to the local header offsets: bytes that were put before the zip, as self-extracting zips have. */
  readonly baseOffset: number;
}

/** The fields of an end of central directory record, zip64 or not, and the offset where it begins. */
interface EndRecord {
  readonly offset: number;
  readonly disk: number;
  readonly directoryDisk: number;
  readonly records: number;
  readonly directorySize: number;
  readonly directoryOffset: number;
}

/** [4.3.16] A comment has at most 65535 bytes; Go's archive/zip looks for the record in the last 65 KiB. */
const SEARCH_LENGTH = 65 * 1024;

/**
 * Finds the central directory as readDirectoryEnd of Go's archive/zip does: bytes before the zip and after its comment
 * are accepted.
 *
 * @throws GomodfsError `INVALID` where there is none, or the zip spans several disks
 */
export function locateCentralDirectory(reader: RandomAccessReader): CentralDirectoryLocation {
  const end = zip64EndRecord(reader, findEndRecord(reader));
  if (end.disk !== 0 || end.directoryDisk !== 0) {
    throw new GomodfsError("INVALID", "the zip spans several disks");
  }
  const baseOffset = end.offset - end.directorySize - end.directoryOffset;
  const start = baseOffset + end.directoryOffset;
  if (start < 0) throw new GomodfsError("INVALID", "the zip's central directory is out of bounds");
  const { records, directoryOffset } = end;
  // "We've seen files in which the directory end data gives us an incorrect baseOffset" (reader.go).
  return baseOffset > 0 && hasCentralHeader(reader, directoryOffset, end.offset)
    ? { records, start: directoryOffset, end: end.offset, baseOffset: 0 }
    : { records, start, end: end.offset, baseOffset };
}

function findEndRecord(reader: RandomAccessReader): EndRecord {
  const tailLength = Math.min(reader.size, SEARCH_LENGTH);
  const tail = reader.read(reader.size - tailLength, tailLength);
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  for (let at = tailLength - END_OF_CENTRAL_DIRECTORY_LENGTH; at >= 0; at--) {
    if (view.getUint32(at, true) !== END_OF_CENTRAL_DIRECTORY_SIGNATURE) continue;
    const commentLength = view.getUint16(at + END_OF_CENTRAL_DIRECTORY_LENGTH - 2, true);
    if (at + END_OF_CENTRAL_DIRECTORY_LENGTH + commentLength > tailLength) break;
    return parseEndRecord(tail.subarray(at), reader.size - tailLength + at);
  }
  throw new GomodfsError("INVALID", "not a zip: it has no end of central directory record");
}

function parseEndRecord(bytes: Uint8Array, offset: number): EndRecord {
  const cursor = new ByteCursor(bytes, "the zip's end of central directory record");
  cursor.skip(4);
  const disk = cursor.uint16();
  const directoryDisk = cursor.uint16();
  cursor.skip(2);
  const records = cursor.uint16();
  const directorySize = cursor.uint32();
  const directoryOffset = cursor.uint32();
  return { offset, disk, directoryDisk, records, directorySize, directoryOffset };
}

/** The zip64 record that stands in for `end` where a field of that is at its maximum; otherwise `end` itself. */
function zip64EndRecord(reader: RandomAccessReader, end: EndRecord): EndRecord {
  const saturated =
    end.records === UINT16_MAX ||
    end.directorySize === UINT32_MAX ||
    end.directoryOffset === UINT32_MAX;
  if (!saturated || end.offset < ZIP64_LOCATOR_LENGTH) return end;
  const locator = new ByteCursor(
    reader.read(end.offset - ZIP64_LOCATOR_LENGTH, ZIP64_LOCATOR_LENGTH),
    "the zip64 locator",
  );
  if (locator.uint32() !== ZIP64_LOCATOR_SIGNATURE) return end;
  const disk = locator.uint32();
  const offset = locator.uint64();
  const disks = locator.uint32();
  if (disk !== 0 || disks !== 1) {
    throw new GomodfsError("INVALID", "the zip spans several disks");
  }
  return parseZip64EndRecord(reader, offset);
}

function parseZip64EndRecord(reader: RandomAccessReader, offset: number): EndRecord {
  const cursor = new ByteCursor(
    reader.read(offset, ZIP64_END_OF_CENTRAL_DIRECTORY_LENGTH),
    "the zip64 end of central directory record",
  );
  if (cursor.uint32() !== ZIP64_END_OF_CENTRAL_DIRECTORY_SIGNATURE) {
    throw new GomodfsError("INVALID", "the zip64 locator points at no zip64 record");
  }
  // Size of the record and the two version fields.
  cursor.skip(12);
  const disk = cursor.uint32();
  const directoryDisk = cursor.uint32();
  cursor.skip(8);
  const records = cursor.uint64();
  const directorySize = cursor.uint64();
  const directoryOffset = cursor.uint64();
  return { offset, disk, directoryDisk, records, directorySize, directoryOffset };
}

function hasCentralHeader(reader: RandomAccessReader, offset: number, end: number): boolean {
  if (offset + CENTRAL_DIRECTORY_HEADER_LENGTH > end) return false;
  const signature = new ByteCursor(reader.read(offset, 4), "central directory header").uint32();
  return signature === CENTRAL_DIRECTORY_HEADER_SIGNATURE;
}

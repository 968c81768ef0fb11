import { quote } from "../quote.ts";
import { ByteCursor } from "./byte_cursor.ts";
import { type CentralHeader, invalidEntry } from "./central_header.ts";
import type { RandomAccessReader } from "./random_access.ts";
import {
  DATA_DESCRIPTOR_MINIMUM_LENGTH,
  DATA_DESCRIPTOR_SIGNATURE,
  FLAG_DATA_DESCRIPTOR,
  FLAGS_ENCRYPTED,
  LOCAL_FILE_HEADER_LENGTH,
  LOCAL_FILE_HEADER_SIGNATURE,
} from "./zip_format.ts";

/** The bytes that an entry takes up: from its local header to behind its data and the shortest data descriptor. */
export interface EntryExtent {
  readonly start: number;
  readonly dataOffset: number;
  readonly end: number;
}

/**
 * Finds an entry's data behind its local header, which must agree with the central one in name, method and encryption.
 * Sizes and CRC are the central directory's: a writer that streams leaves them empty here.
 *
 * @param limit where the entry has to end at the latest
 * @throws GomodfsError `INVALID`
 */
export function readLocalHeader(
  reader: RandomAccessReader,
  central: CentralHeader,
  limit: number,
): EntryExtent {
  const start = central.headerOffset;
  if (start + LOCAL_FILE_HEADER_LENGTH + central.nameBytes.length > limit) {
    throw invalidEntry(central.name, "begins outside of the zip's data");
  }
  const what = `the local header of zip entry ${quote(central.name)}`;
  const header = reader.read(start, LOCAL_FILE_HEADER_LENGTH + central.nameBytes.length);
  const cursor = new ByteCursor(header, what);
  if (cursor.uint32() !== LOCAL_FILE_HEADER_SIGNATURE) {
    throw invalidEntry(central.name, "has no local header");
  }
  cursor.skip(2);
  const flags = cursor.uint16();
  const method = cursor.uint16();
  cursor.skip(16);
  const nameLength = cursor.uint16();
  const extraLength = cursor.uint16();
  if (
    nameLength !== central.nameBytes.length ||
    Buffer.compare(cursor.bytes(nameLength), central.nameBytes) !== 0
  ) {
    throw invalidEntry(central.name, "has another name in its local header");
  }
  if (method !== central.method) {
    throw invalidEntry(central.name, "has another compression method in its local header");
  }
  if ((flags & FLAGS_ENCRYPTED) !== 0) throw invalidEntry(central.name, "is encrypted");
  const dataOffset = start + LOCAL_FILE_HEADER_LENGTH + nameLength + extraLength;
  const end = endOfEntry(reader, central, dataOffset, limit);
  return { start, dataOffset, end };
}

function endOfEntry(
  reader: RandomAccessReader,
  central: CentralHeader,
  dataOffset: number,
  limit: number,
): number {
  const dataEnd = dataOffset + central.compressedSize;
  const hasDescriptor = (central.flags & FLAG_DATA_DESCRIPTOR) !== 0;
  // Go's archive/zip never looks for a descriptor behind a directory.
  if (!hasDescriptor || central.name.endsWith("/")) {
    if (dataEnd > limit) throw invalidEntry(central.name, "ends outside of the zip's data");
    return dataEnd;
  }
  const end = dataEnd + DATA_DESCRIPTOR_MINIMUM_LENGTH;
  if (end > limit) throw invalidEntry(central.name, "ends outside of the zip's data");
  checkDataDescriptor(reader, central, dataEnd);
  return end;
}

/** As readDataDescriptor of Go's archive/zip: the signature is optional, the sizes are not looked at. */
function checkDataDescriptor(
  reader: RandomAccessReader,
  central: CentralHeader,
  offset: number,
): void {
  const cursor = new ByteCursor(reader.read(offset, 8), "data descriptor");
  const first = cursor.uint32();
  const crc32 = first === DATA_DESCRIPTOR_SIGNATURE ? cursor.uint32() : first;
  if (crc32 !== central.crc32) {
    throw invalidEntry(central.name, "has another CRC-32 in its data descriptor");
  }
}

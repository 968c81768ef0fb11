import { ByteWriter } from "./byte_writer.ts";
import {
  CENTRAL_DIRECTORY_HEADER_LENGTH,
  CENTRAL_DIRECTORY_HEADER_SIGNATURE,
  END_OF_CENTRAL_DIRECTORY_LENGTH,
  END_OF_CENTRAL_DIRECTORY_SIGNATURE,
  FLAG_UTF8,
  LOCAL_FILE_HEADER_LENGTH,
  LOCAL_FILE_HEADER_SIGNATURE,
  UINT16_MAX,
  UINT32_MAX,
  ZIP64_END_OF_CENTRAL_DIRECTORY_LENGTH,
  ZIP64_END_OF_CENTRAL_DIRECTORY_SIGNATURE,
  ZIP64_LOCATOR_LENGTH,
  ZIP64_LOCATOR_SIGNATURE,
} from "./zip_format.ts";
import { needsUtf8Flag } from "./zip_name.ts";

/** What the local and the central header of an entry both say. Sizes are in bytes and below 4 GiB. */
export interface HeaderFields {
  readonly name: string;
  readonly method: 0 | 8;
  readonly crc32: number;
  readonly compressedSize: number;
  readonly size: number;
}

/** "Version made by" and "version needed", as Go's archive/zip writes them: 2.0, 4.5 for zip64. */
const VERSION_20 = 20;
const VERSION_45 = 45;

/** @param nameLength bytes of the name */
export function localHeaderLength(nameLength: number): number {
  return LOCAL_FILE_HEADER_LENGTH + nameLength;
}

/** @param nameLength bytes of the name */
export function centralHeaderLength(nameLength: number): number {
  return CENTRAL_DIRECTORY_HEADER_LENGTH + nameLength;
}

/** A local file header. */
export function localHeader(fields: HeaderFields): Uint8Array {
  const name = Buffer.from(fields.name);
  const writer = new ByteWriter(localHeaderLength(name.length)).uint32(LOCAL_FILE_HEADER_SIGNATURE);
  return writeSharedFields(writer, fields, name.length).bytes(name).finish();
}

/** A central directory header. */
export function centralHeader(fields: HeaderFields, localOffset: number): Uint8Array {
  const name = Buffer.from(fields.name);
  const writer = new ByteWriter(centralHeaderLength(name.length))
    .uint32(CENTRAL_DIRECTORY_HEADER_SIGNATURE)
    .uint16(VERSION_20);
  return writeSharedFields(writer, fields, name.length)
    .uint16(0) // comment length
    .uint16(0) // disk
    .uint16(0) // internal attributes
    .uint32(0) // external attributes
    .uint32(localOffset)
    .bytes(name)
    .finish();
}

/** From "version needed" to the length of the extra field, the two headers are the same. */
function writeSharedFields(
  writer: ByteWriter,
  fields: HeaderFields,
  nameLength: number,
): ByteWriter {
  return writer
    .uint16(VERSION_20)
    .uint16(needsUtf8Flag(fields.name) ? FLAG_UTF8 : 0)
    .uint16(fields.method)
    .uint16(0) // time
    .uint16(0) // date
    .uint32(fields.crc32)
    .uint32(fields.compressedSize)
    .uint32(fields.size)
    .uint16(nameLength)
    .uint16(0); // extra field length
}

/** Bytes of what follows the central directory of `entries` entries in a zip below 4 GiB. */
export function endRecordsLength(entries: number): number {
  return needsZip64(entries)
    ? ZIP64_END_OF_CENTRAL_DIRECTORY_LENGTH + ZIP64_LOCATOR_LENGTH + END_OF_CENTRAL_DIRECTORY_LENGTH
    : END_OF_CENTRAL_DIRECTORY_LENGTH;
}

/** What follows the central directory: the zip64 end record and its locator if needed, and the plain end record. */
export function endRecords(
  entries: number,
  directoryStart: number,
  directoryEnd: number,
): Uint8Array {
  const directorySize = directoryEnd - directoryStart;
  const writer = new ByteWriter(endRecordsLength(entries));
  const zip64 = needsZip64(entries);
  if (zip64) {
    writer
      .uint32(ZIP64_END_OF_CENTRAL_DIRECTORY_SIGNATURE)
      .uint64(ZIP64_END_OF_CENTRAL_DIRECTORY_LENGTH - 12) // without the signature and this field
      .uint16(VERSION_45)
      .uint16(VERSION_45)
      .uint32(0) // disk
      .uint32(0) // disk of the central directory
      .uint64(entries)
      .uint64(entries)
      .uint64(directorySize)
      .uint64(directoryStart)
      .uint32(ZIP64_LOCATOR_SIGNATURE)
      .uint32(0) // disk of the zip64 record
      .uint64(directoryEnd)
      .uint32(1); // disks
  }
  return writer
    .uint32(END_OF_CENTRAL_DIRECTORY_SIGNATURE)
    .uint16(0) // disk
    .uint16(0) // disk of the central directory
    .uint16(zip64 ? UINT16_MAX : entries)
    .uint16(zip64 ? UINT16_MAX : entries)
    .uint32(zip64 ? UINT32_MAX : directorySize)
    .uint32(zip64 ? UINT32_MAX : directoryStart)
    .uint16(0) // comment length
    .finish();
}

/** Go's archive/zip writes a zip64 record from 65535 entries on: that value in the plain record announces one. */
function needsZip64(entries: number): boolean {
  return entries >= UINT16_MAX;
}

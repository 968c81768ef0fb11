import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { quote } from "../quote.ts";
import { ByteCursor } from "./byte_cursor.ts";
import type { ZipEntry } from "./zip_entry.ts";
import {
  FLAGS_ENCRYPTED,
  METHOD_DEFLATED,
  METHOD_STORED,
  UINT32_MAX,
  ZIP64_EXTRA_ID,
} from "./zip_format.ts";
import type { DecodeName } from "./zip_name.ts";

/** A header of the central directory: an entry before its local header was looked at. */
export interface CentralHeader extends Omit<ZipEntry, "dataOffset"> {
  /** The name as it is in the zip. */
  readonly nameBytes: Uint8Array;
  /** Where the local header begins. */
  readonly headerOffset: number;
}

/**
 * Parses a central directory header from behind its signature on.
 *
 * @param baseOffset what to add to the header's own offset
 * @throws GomodfsError `INVALID` naming the entry where it is encrypted, on another disk, or neither stored nor deflated
 */
export function parseCentralHeader(
  cursor: ByteCursor,
  baseOffset: number,
  decodeName: DecodeName,
): CentralHeader {
  const versionMadeBy = cursor.uint16();
  cursor.skip(2);
  const flags = cursor.uint16();
  const method = cursor.uint16();
  cursor.skip(4);
  const crc32 = cursor.uint32();
  const compressedSize = cursor.uint32();
  const size = cursor.uint32();
  const nameLength = cursor.uint16();
  const extraLength = cursor.uint16();
  const commentLength = cursor.uint16();
  const disk = cursor.uint16();
  cursor.skip(2);
  const externalAttributes = cursor.uint32();
  const headerOffset = cursor.uint32();
  const nameBytes = cursor.bytes(nameLength);
  const name = decodeName(nameBytes);
  const extra = cursor.bytes(extraLength);
  cursor.skip(commentLength);
  if (disk !== 0) throw invalidEntry(name, "is on another disk");
  if ((flags & FLAGS_ENCRYPTED) !== 0) throw invalidEntry(name, "is encrypted");
  if (method !== METHOD_STORED && method !== METHOD_DEFLATED) {
    throw invalidEntry(name, `has the unsupported compression method ${method}`);
  }
  const large = applyZip64Field(name, extra, { size, compressedSize, headerOffset });
  return {
    name,
    nameBytes,
    method,
    flags,
    crc32,
    compressedSize: large.compressedSize,
    size: large.size,
    versionMadeBy,
    externalAttributes,
    headerOffset: large.headerOffset + baseOffset,
  };
}

/** The error for an entry: `zip entry "name" problem`. */
export function invalidEntry(name: string, problem: string): GomodfsError {
  return new GomodfsError("INVALID", `zip entry ${quote(name)} ${problem}`);
}

/** The fields of a header that its zip64 field replaces where they are at their maximum. */
interface LargeFields {
  readonly size: number;
  readonly compressedSize: number;
  readonly headerOffset: number;
}

function applyZip64Field(name: string, extra: Uint8Array, header: LargeFields): LargeFields {
  const { size, compressedSize, headerOffset } = header;
  if (size !== UINT32_MAX && compressedSize !== UINT32_MAX && headerOffset !== UINT32_MAX) {
    return header;
  }
  const field = findExtraField(extra, ZIP64_EXTRA_ID);
  if (field === undefined) throw invalidEntry(name, "lacks its zip64 field");
  const cursor = new ByteCursor(field, `the zip64 field of zip entry ${quote(name)}`);
  return {
    size: size === UINT32_MAX ? cursor.uint64() : size,
    compressedSize: compressedSize === UINT32_MAX ? cursor.uint64() : compressedSize,
    headerOffset: headerOffset === UINT32_MAX ? cursor.uint64() : headerOffset,
  };
}

/** The first extra field of this id. Fields that do not add up end the search, as in Go's archive/zip. */
function findExtraField(extra: Uint8Array, id: number): Uint8Array | undefined {
  const cursor = new ByteCursor(extra, "extra field");
  while (cursor.remaining >= 4) {
    const fieldId = cursor.uint16();
    const length = cursor.uint16();
    if (length > cursor.remaining) return undefined;
    const field = cursor.bytes(length);
    if (fieldId === id) return field;
  }
  return undefined;
}

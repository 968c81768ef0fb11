import { padded } from "../xdr/xdr_reader.ts";
import type { XdrWriter } from "../xdr/xdr_writer.ts";
import type { AttributesWriter } from "./attributes_writer.ts";
import type { FileHandles } from "./file_handles.ts";
import type { ListingRow } from "./listings.ts";

/** What a client wants of a listing. */
export interface ListingRequest {
  /** Bytes of numbers, names and cookies at most (`dircount`). */
  readonly nameBytes: number;
  /** Bytes of the whole result at most (`count`, `maxcount`). */
  readonly maximum: number;
  /** READDIRPLUS. */
  readonly withAttributes: boolean;
}

/** What writes the parts of a row. */
export interface RowParts {
  readonly handles: FileHandles;
  readonly attributes: AttributesWriter;
}

const UNIT = 4;
/** FALSE behind the last row, and whether it was the listing's last. */
const END_SIZE = 2 * UNIT;
/** A number, the length of a name, and a cookie. */
const NAME_OVERHEAD = 20;

/**
 * Writes `dirlist3` or `dirlistplus3` (RFC 1813 sections 3.3.16 and 3.3.17) behind the status, attributes and verifier
 * that are written already, of which the status does not count.
 *
 * @returns false if there are rows and not one has room
 */
export function encodeListing(
  writer: XdrWriter,
  rows: Iterable<ListingRow>,
  { nameBytes, maximum, withAttributes }: ListingRequest,
  parts: RowParts,
): boolean {
  const resultStart = writer.length - LISTING_HEAD_SIZE;
  const limit = resultStart + maximum - END_SIZE;
  let names = 0;
  let isEmpty = true;
  for (const row of rows) {
    const before = writer.length;
    encodeRow(writer, row, withAttributes, parts);
    names += NAME_OVERHEAD + padded(Buffer.byteLength(row.name));
    if (writer.length > limit || (names > nameBytes && !isEmpty)) {
      writer.truncate(before);
      if (isEmpty) return false;
      writer.zeros(2);
      return true;
    }
    isEmpty = false;
  }
  writer.bool(false);
  writer.bool(true);
  return true;
}

/** Attributes of the directory and the verifier, which count. */
const LISTING_HEAD_SIZE = UNIT + 84 + 8;

function encodeRow(
  writer: XdrWriter,
  { name, cookie, node, stat }: ListingRow,
  withAttributes: boolean,
  { handles, attributes }: RowParts,
): void {
  const number = handles.fileNumber(node);
  writer.bool(true);
  writer.u32(number.high);
  writer.u32(number.low);
  writer.string(name);
  writer.u64(cookie);
  if (!withAttributes) return;
  attributes.postOperation(writer, node, stat);
  writer.bool(stat !== undefined);
  if (stat !== undefined) writer.opaque(handles.handle(node));
}

import type { AttributesEncoder } from "./attributes_encoder.ts";
import { type Listing, offsetOf } from "./directory_listings.ts";
import type { NodeAttributes } from "./file_system.ts";
import { DIRENT_ALIGNMENT, FileType, Size, UNKNOWN_INODE } from "./protocol.ts";
import type { ReplyWriter } from "./reply_writer.ts";

const DOT = Buffer.from(".");
const DOT_DOT = Buffer.from("..");
const DOT_ROWS = 2;

/** One row on the wire: `struct fuse_dirent`. */
interface Row {
  readonly name: Uint8Array;
  readonly inode: number;
  readonly type: number;
  /** Where reading goes on behind this row. */
  readonly next: number;
}

/** Writes `struct fuse_dirent` and `fuse_direntplus` rows, as many as there is room for. */
export class ListingEncoder {
  readonly #attributes: AttributesEncoder;

  constructor(attributes: AttributesEncoder) {
    this.#attributes = attributes;
  }

  /**
   * Writes rows of `listing` from `position` on.
   *
   * @param limit bytes that the rows may take at most
   * @param plus whether each row carries attributes (READDIRPLUS)
   * @returns how many rows were written; 0 at the end of the listing
   */
  encode(
    writer: ReplyWriter,
    listing: Listing,
    position: number,
    limit: number,
    plus: boolean,
  ): number {
    const end = writer.length + Math.min(limit, writer.remaining);
    let next = position;
    for (; next < listing.rows.length + DOT_ROWS; next++) {
      const row = rowAt(listing, next);
      if (row === undefined || writer.length + rowSize(row, plus) > end) break;
      if (plus) this.#entry(writer, listing, next - DOT_ROWS);
      encodeRow(writer, row);
    }
    return next - position;
  }

  /**
   * The entry part of a READDIRPLUS row. Node 0 says that there is none: for "." and "..", which kernels do not look
   * at, and for a row that is sent again, since its one reference has been granted.
   */
  #entry(writer: ReplyWriter, listing: Listing, index: number): void {
    const row = listing.rows[index];
    if (row === undefined || listing.granted[index] === 1) {
      writer.zeros(Size.ENTRY_OUT);
      return;
    }
    this.#attributes.entry(writer, row.attributes);
    listing.granted[index] = 1;
  }
}

function rowAt(listing: Listing, position: number): Row | undefined {
  const next = offsetOf(listing, position + 1);
  const type = FileType.DIRECTORY.dirent;
  if (position === 0) return { name: DOT, inode: listing.directory, type, next };
  if (position === 1) return { name: DOT_DOT, inode: UNKNOWN_INODE, type, next };
  const row = listing.rows[position - DOT_ROWS];
  if (row === undefined) return undefined;
  return { name: row.name, inode: row.attributes.node, type: direntType(row.attributes), next };
}

function direntType({ kind }: NodeAttributes): number {
  return kind === "directory" ? FileType.DIRECTORY.dirent : FileType.REGULAR.dirent;
}

function rowSize(row: Row, plus: boolean): number {
  const unpadded = Size.DIRENT + row.name.length;
  return (plus ? Size.ENTRY_OUT : 0) + unpadded + padding(unpadded);
}

function encodeRow(writer: ReplyWriter, { name, inode, type, next }: Row): void {
  writer.u64(inode);
  writer.u64(next);
  writer.u32(name.length);
  writer.u32(type);
  writer.bytes(name);
  writer.zeros(padding(Size.DIRENT + name.length));
}

function padding(length: number): number {
  return (DIRENT_ALIGNMENT - (length % DIRENT_ALIGNMENT)) % DIRENT_ALIGNMENT;
}

import { openSync, readFileSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import type { LRUCache } from "lru-cache";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { inflateExactly } from "./inflate.ts";
import {
  decodeEntryHeader,
  entryHeaderLength,
  MAXIMUM_ENTRY_HEADER_LENGTH,
  type PackEntryHeader,
} from "./pack_entry.ts";
import { PackIndex } from "./pack_index.ts";

/** Bytes of a pack before its first entry: `PACK`, version, number of objects. */
export const PACK_HEADER_LENGTH = 12;
/** Bytes of a pack after its last entry: the SHA-1 of all before. */
export const PACK_TRAILER_LENGTH = 20;
/** The file beside a pack that tells git to leave it alone holds this if the pack is ours. */
export const KEEP_REASON = "gomodfs\n";

/** What a first read takes when the entry's length is not known: most go.mod files and trees are shorter. */
const FIRST_READ_LENGTH = 4096;
/** File descriptors of packs by name; bounded, and what falls out of it is closed. */
export type OpenPackFiles = LRUCache<string, number>;

/** An entry before inflating: the bytes after its header, at least the whole zlib stream, maybe more. */
export interface PackedEntry {
  readonly header: PackEntryHeader;
  readonly content: Uint8Array;
}

/**
 * One pack with its index. The index is in memory, the pack is read by position. File system errors pass as they are,
 * so that the caller recognises a pack that vanished (ENOENT).
 */
export class Pack {
  /** `pack-` and 40 digits. */
  readonly name: string;
  readonly index: PackIndex;
  readonly #path: string;
  readonly #openFiles: OpenPackFiles;
  #kept: boolean | undefined;
  #size: number | undefined;
  #sortedOffsets: Float64Array | undefined;

  constructor(directory: string, name: string, openFiles: OpenPackFiles) {
    this.name = name;
    this.#path = join(directory, name);
    this.#openFiles = openFiles;
    this.index = new PackIndex(readFileSync(`${this.#path}.idx`), `${name}.idx`);
  }

  /**
   * Whether it is a pack that gomodfs wrote and that git leaves alone. Packs of others may vanish whenever git collects
   * garbage, and their entries may be deltas. Asked once: git-receive-pack has `.keep` files for a moment only.
   */
  get isOurs(): boolean {
    this.#kept ??= this.#readKeepReason() === KEEP_REASON;
    return this.#kept;
  }

  /** Bytes of the pack file. */
  get size(): number {
    this.#size ??= statSync(`${this.#path}.pack`).size;
    return this.#size;
  }

  /** The header of the entry at `offset`. */
  header(offset: number): PackEntryHeader {
    return decodeEntryHeader(this.read(offset, MAXIMUM_ENTRY_HEADER_LENGTH));
  }

  /**
   * The header and inflated content (or delta) of the entry at `offset`.
   *
   * @throws GomodfsError `STORE` if it is damaged
   */
  entry(offset: number): PackedEntry {
    const first = this.read(offset, FIRST_READ_LENGTH);
    const header = decodeEntryHeader(first);
    const content =
      inflateExactly(first.subarray(header.length), header.size) ??
      inflateExactly(this.#stream(offset, header), header.size);
    if (content === undefined) throw this.#damaged(offset);
    return { header, content };
  }

  /**
   * The content of the entry at `offset` if it is whole, has `size` bytes and a zlib stream of `streamLength` bytes (one
   * exact read then does) or fewer. Undefined otherwise.
   */
  contentOf(offset: number, size: number, streamLength: number): Uint8Array | undefined {
    const stream = this.streamOf(offset, size, streamLength);
    return stream && inflateExactly(stream, size);
  }

  /**
   * At most `streamLength` bytes after the header of the entry at `offset`, if it is whole and has `size` bytes.
   * Undefined otherwise. Where the stream ends is not looked at.
   */
  streamOf(offset: number, size: number, streamLength: number): Uint8Array | undefined {
    const bytes = this.read(offset, entryHeaderLength(size) + streamLength);
    const header = decodeEntryHeader(bytes);
    if (header.kind !== "whole" || header.size !== size) return undefined;
    return bytes.subarray(header.length);
  }

  /**
   * Where the zlib stream of the entry at `offset` begins, if it is whole, has `size` bytes and a stream of exactly
   * `streamLength` bytes. Undefined otherwise.
   */
  exactStreamAt(offset: number, size: number, streamLength: number): number | undefined {
    const start = offset + entryHeaderLength(size);
    if (this.entryEnd(offset) !== start + streamLength) return undefined;
    const header = this.header(offset);
    return header.kind === "whole" && header.size === size ? start : undefined;
  }

  /** Where the entry that begins at `offset` ends. */
  entryEnd(offset: number): number {
    this.#sortedOffsets ??= this.#sortOffsets();
    const offsets = this.#sortedOffsets;
    let low = 0;
    let high = offsets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((offsets[middle] ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return offsets[low] ?? this.size - PACK_TRAILER_LENGTH;
  }

  /** Bytes at `offset`; fewer where the entries end. */
  read(offset: number, length: number): Buffer {
    const descriptor = this.#descriptor();
    const available = Math.min(length, this.size - PACK_TRAILER_LENGTH - offset);
    if (offset < PACK_HEADER_LENGTH || available <= 0) throw this.#damaged(offset);
    const bytes = Buffer.allocUnsafe(available);
    this.#fill(descriptor, bytes, offset);
    return bytes;
  }

  /** Fills `out` with the bytes at `offset`. @throws GomodfsError `STORE` if there are fewer */
  readInto(out: Uint8Array, offset: number): void {
    if (offset + out.length > this.size - PACK_TRAILER_LENGTH) throw this.#damaged(offset);
    this.#fill(this.#descriptor(), out, offset);
  }

  #fill(descriptor: number, out: Uint8Array, offset: number): void {
    for (let end = 0; end < out.length; ) {
      const read = readSync(descriptor, out, end, out.length - end, offset + end);
      if (read === 0) throw this.#damaged(offset);
      end += read;
    }
  }

  #stream(offset: number, header: PackEntryHeader): Buffer {
    const start = offset + header.length;
    return this.read(start, this.entryEnd(offset) - start);
  }

  #sortOffsets(): Float64Array {
    const offsets = Float64Array.from({ length: this.index.count }, (_, position) =>
      this.index.offset(position),
    );
    return offsets.sort();
  }

  #descriptor(): number {
    const open = this.#openFiles.get(this.name);
    if (open !== undefined) return open;
    const descriptor = openSync(`${this.#path}.pack`, "r");
    this.#openFiles.set(this.name, descriptor);
    return descriptor;
  }

  #readKeepReason(): string | undefined {
    try {
      return readFileSync(`${this.#path}.keep`, "latin1");
    } catch {
      return undefined;
    }
  }

  #damaged(offset: number): GomodfsError {
    return new GomodfsError("STORE", `${this.name}.pack is damaged at offset ${offset}`, {
      hint: "run gomodfs verify",
    });
  }
}

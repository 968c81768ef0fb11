import { crc32 } from "node:zlib";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { quote } from "../module/quote.ts";
import type { RandomAccessReader } from "../module/zip/random_access.ts";
import type { ZipEntry } from "../module/zip/zip_entry.ts";
import { METHOD_STORED } from "../module/zip/zip_format.ts";
import { RawInflater } from "./raw_inflater.ts";

/** Bytes of a piece of content; only an entry's last piece has fewer. A multiple of any page's length. */
export const PIECE_LENGTH = 1024 * 1024;

/** Bytes of input for one step of inflating. */
const INPUT_LENGTH = 1024 * 1024;
/** Deflate cannot do better: 258 bytes from a length code and a distance code of one bit each. */
const MAXIMUM_DEFLATE_RATIO = 1032;

/** Takes a piece of an entry's content, whose memory is used again after the call. */
export type TakePiece = (piece: Uint8Array) => void;

/**
 * Reads the content of zip entries, piece by piece through one memory: files of a megabyte and more do not need as much
 * memory as they have bytes, and the smaller ones stay in the processor's caches while they are hashed.
 *
 * Entries are inflated one by one. Joining many into a multi-member gzip saves 5 us an entry (5 % for a large module),
 * but then a hostile entry that ends early, a gzip member of its own behind it, shifts the bounds: what is hashed and
 * what is stored would no longer be the same stream.
 */
export class EntryContentReader {
  readonly #memory: Uint8Array;
  readonly #inflater = new RawInflater();

  /** @param memory {@linkcode PIECE_LENGTH} bytes, in which the pieces of compressed entries are */
  constructor(memory: Uint8Array) {
    if (memory.length !== PIECE_LENGTH) throw new RangeError(`a piece has ${PIECE_LENGTH} bytes`);
    this.#memory = memory;
  }

  /**
   * Gives the entry's content, checking its size and CRC-32: they are certain only when the call returns. An entry of
   * less than {@linkcode PIECE_LENGTH} bytes has one piece, which may be empty.
   *
   * @returns bytes of the entry's raw deflate stream (RFC 1951), which may end before its data does; of the content if
   *   the entry is not compressed
   * @throws GomodfsError `INVALID` naming the entry
   */
  read(reader: RandomAccessReader, entry: ZipEntry, take: TakePiece): number {
    const check = new ContentCheck(entry, take);
    const length =
      entry.method === METHOD_STORED
        ? readStored(reader, entry, check)
        : this.#inflate(reader, entry, check);
    check.finish();
    return length;
  }

  #inflate(reader: RandomAccessReader, entry: ZipEntry, check: ContentCheck): number {
    if (entry.size > entry.compressedSize * MAXIMUM_DEFLATE_RATIO) {
      throw invalid(entry, `cannot have the ${entry.size} bytes that it declares`);
    }
    const memory = this.#memory;
    const inflater = this.#inflater;
    inflater.start();
    let consumed = 0;
    let filled = 0;
    for (let ended = false; !ended; ) {
      const length = Math.min(INPUT_LENGTH, entry.compressedSize - consumed);
      const input = reader.readTransient(entry.dataOffset + consumed, length);
      const isLast = consumed + length === entry.compressedSize;
      try {
        ended = inflater.step(input, isLast, memory, filled, memory.length - filled);
      } catch (cause) {
        const problem = cause instanceof Error ? cause.message : String(cause);
        throw invalid(entry, `cannot be inflated (${problem})`, cause);
      }
      consumed += inflater.consumed;
      filled += inflater.produced;
      if (ended || filled === memory.length) {
        check.take(memory.subarray(0, filled), ended);
        filled = 0;
      }
    }
    // Go's archive/zip reads no further than the stream's end either.
    return consumed;
  }
}

function readStored(reader: RandomAccessReader, entry: ZipEntry, check: ContentCheck): number {
  let offset = 0;
  do {
    const length = Math.min(PIECE_LENGTH, entry.compressedSize - offset);
    const piece = reader.readTransient(entry.dataOffset + offset, length);
    offset += length;
    check.take(piece, offset === entry.compressedSize);
  } while (offset < entry.compressedSize);
  return entry.compressedSize;
}

/** Passes content on and compares it with what the zip says of it. */
class ContentCheck {
  readonly #entry: ZipEntry;
  readonly #take: TakePiece;
  #size = 0;
  #crc32 = 0;

  constructor(entry: ZipEntry, take: TakePiece) {
    this.#entry = entry;
    this.#take = take;
  }

  take(piece: Uint8Array, isLast: boolean): void {
    this.#size += piece.length;
    // Never more than is declared: that is what the bounds were checked against.
    if (this.#size > this.#entry.size) throw this.#tooLong();
    this.#crc32 = crc32(piece, this.#crc32);
    // The end of a content of whole pieces shows only after its last one.
    if (piece.length > 0 || (isLast && this.#size === 0)) this.#take(piece);
  }

  finish(): void {
    const { size } = this.#entry;
    if (this.#size !== size) {
      throw invalid(this.#entry, `has ${this.#size} bytes and declares ${size}`);
    }
    if (this.#crc32 !== this.#entry.crc32) throw invalid(this.#entry, "does not match its CRC-32");
  }

  #tooLong(): GomodfsError {
    const verb = this.#entry.method === METHOD_STORED ? "has" : "inflates to";
    return invalid(this.#entry, `${verb} more than the ${this.#entry.size} bytes that it declares`);
  }
}

function invalid(entry: ZipEntry, problem: string, cause?: unknown): GomodfsError {
  return new GomodfsError("INVALID", `zip entry ${quote(entry.name)} ${problem}`, { cause });
}

import { createHash, hash } from "node:crypto";
import type { RandomAccessReader } from "../module/zip/random_access.ts";
import type { ZipEntry } from "../module/zip/zip_entry.ts";
import { Adler32 } from "./adler32.ts";
import { EntryContentReader, PIECE_LENGTH, type TakePiece } from "./entry_content.ts";

/** What of an entry's content a store has to know. */
export interface ContentDigest {
  /** Bytes of the entry's raw deflate stream; of the content if the entry is not compressed. */
  readonly storedSize: number;
  /** SHA-256, 32 bytes. */
  readonly sha256: Buffer;
  /** The id that git gives a blob of this content: SHA-1 of `blob SIZE`, a NUL and the content. 20 bytes. */
  readonly objectId: Buffer;
  readonly adler32: number;
}

/** Room before the content for the header that git hashes with it; a page, so that the content begins at one. */
const HEADER_ROOM = 4096;

/** Reads the content of zip entries once, for all its checksums. */
export class ContentDigester {
  readonly #adler32 = new Adler32(HEADER_ROOM + PIECE_LENGTH);
  readonly #memory: Buffer;
  readonly #contents: EntryContentReader;

  constructor() {
    const { memory } = this.#adler32;
    this.#memory = Buffer.from(memory.buffer, memory.byteOffset, memory.byteLength);
    this.#contents = new EntryContentReader(memory.subarray(HEADER_ROOM));
  }

  /**
   * @param look is shown the beginning of the content, a megabyte at most, before it is known to be what the zip says
   * @throws GomodfsError `INVALID` naming the entry
   */
  digest(reader: RandomAccessReader, entry: ZipEntry, look?: TakePiece): ContentDigest {
    const header = `blob ${entry.size}\0`;
    return entry.size < PIECE_LENGTH
      ? this.#digestPiece(reader, entry, header, look)
      : this.#digestPieces(reader, entry, header, look);
  }

  /** The functions for a whole message take two thirds of the time of hash objects. */
  #digestPiece(
    reader: RandomAccessReader,
    entry: ZipEntry,
    header: string,
    look: TakePiece | undefined,
  ): ContentDigest {
    let content: Uint8Array | undefined;
    const storedSize = this.#contents.read(reader, entry, (piece) => {
      content = piece;
    });
    if (content === undefined) throw new RangeError("an entry has a piece at least");
    look?.(content);
    if (content.buffer !== this.#memory.buffer) this.#memory.set(content, HEADER_ROOM);
    const start = HEADER_ROOM - header.length;
    this.#memory.write(header, start, "latin1");
    const end = HEADER_ROOM + content.length;
    const bytes = this.#memory.subarray(HEADER_ROOM, end);
    return {
      storedSize,
      sha256: hash("sha256", bytes, "buffer"),
      objectId: hash("sha1", this.#memory.subarray(start, end), "buffer"),
      adler32: this.#adler32.compute(bytes),
    };
  }

  #digestPieces(
    reader: RandomAccessReader,
    entry: ZipEntry,
    header: string,
    look: TakePiece | undefined,
  ): ContentDigest {
    const sha256 = createHash("sha256");
    const sha1 = createHash("sha1").update(header);
    let adler32: number | undefined;
    const storedSize = this.#contents.read(reader, entry, (piece) => {
      if (adler32 === undefined) look?.(piece);
      sha256.update(piece);
      sha1.update(piece);
      adler32 = this.#adler32.compute(piece, adler32);
    });
    return {
      storedSize,
      sha256: sha256.digest(),
      objectId: sha1.digest(),
      adler32: adler32 ?? this.#adler32.compute(new Uint8Array(0)),
    };
  }
}

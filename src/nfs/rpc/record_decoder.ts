import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { LAST_FRAGMENT, RECORD_MARK_SIZE } from "./record_mark.ts";

/** Senders cut records by their buffers; one that uses more has nothing good in mind. */
const MAX_FRAGMENTS = 64;
/** Chunks that are kept apart: one that comes byte by byte would take up a hundred times its size. */
const MAX_CHUNKS = 64;

/**
 * Takes records out of a TCP stream (RFC 5531 section 11, record marking): each is one or more fragments, and each of
 * these has a header of its length and whether it is the last.
 */
export class RecordDecoder {
  readonly #maximum: number;
  /** What came and has not been looked at. */
  readonly #chunks: Buffer[] = [];
  #available = 0;
  /** The fragments of a record that is not complete. */
  #fragments: Buffer[] = [];
  #recordLength = 0;

  /** @param maximum bytes of a record */
  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /** Bytes that came and are in no record that was given yet. */
  get buffered(): number {
    return this.#available + this.#recordLength;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#available += chunk.length;
    if (this.#chunks.length > MAX_CHUNKS) this.#gather(this.#available);
  }

  /**
   * The next record; undefined if more must come first.
   *
   * @throws GomodfsError `PROTOCOL` if it is longer than it may be, or in too many pieces
   */
  next(): Buffer | undefined {
    for (;;) {
      if (this.#available < RECORD_MARK_SIZE) return undefined;
      const mark = this.#peekMark();
      const length = mark % LAST_FRAGMENT;
      this.#check(length);
      if (this.#available < RECORD_MARK_SIZE + length) return undefined;
      const fragment = this.#take(RECORD_MARK_SIZE + length).subarray(RECORD_MARK_SIZE);
      if (mark >= LAST_FRAGMENT && this.#fragments.length === 0) return fragment;
      this.#fragments.push(fragment);
      this.#recordLength += length;
      if (mark >= LAST_FRAGMENT) return this.#takeRecord();
    }
  }

  #check(length: number): void {
    const total = this.#recordLength + length;
    if (total > this.#maximum) {
      throw new GomodfsError(
        "PROTOCOL",
        `a record of ${total} bytes or more, where ${this.#maximum} are allowed`,
      );
    }
    if (this.#fragments.length >= MAX_FRAGMENTS) {
      throw new GomodfsError("PROTOCOL", `a record in more than ${MAX_FRAGMENTS} fragments`);
    }
  }

  #takeRecord(): Buffer {
    const record = Buffer.concat(this.#fragments);
    this.#fragments = [];
    this.#recordLength = 0;
    return record;
  }

  #peekMark(): number {
    const [first] = this.#chunks;
    return first !== undefined && first.length >= RECORD_MARK_SIZE
      ? first.readUInt32BE()
      : this.#gather(RECORD_MARK_SIZE).readUInt32BE();
  }

  /** Takes out bytes that are there. Most are in one piece, which is not copied. */
  #take(length: number): Buffer {
    const chunk = this.#gather(length);
    if (chunk.length === length) this.#chunks.shift();
    else this.#chunks[0] = chunk.subarray(length);
    this.#available -= length;
    return chunk.subarray(0, length);
  }

  /** Makes the first chunk at least so long. */
  #gather(length: number): Buffer {
    const [first] = this.#chunks;
    if (first !== undefined && first.length >= length) return first;
    const gathered = Buffer.concat(this.#chunks);
    this.#chunks.length = 0;
    this.#chunks.push(gathered);
    return gathered;
  }
}

import { GomodfsError } from "../../lib/gomodfs_error.ts";

/**
 * Reads little-endian integers and byte runs one after the other. Every read is bounds-checked: past the end it throws
 * `INVALID` naming `what` is being read.
 */
export class ByteCursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #what: string;
  #offset = 0;

  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
  }

  /** Where the next read begins. */
  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  uint16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  /** @throws GomodfsError `INVALID` also for a value that a number cannot hold exactly */
  uint64(): number {
    const value = Number(this.#view.getBigUint64(this.#advance(8), true));
    if (!Number.isSafeInteger(value)) {
      throw new GomodfsError("INVALID", `${this.#what} holds an absurd 64-bit value`);
    }
    return value;
  }

  /** A view of the next `length` bytes. */
  bytes(length: number): Uint8Array {
    const start = this.#advance(length);
    return this.#bytes.subarray(start, start + length);
  }

  skip(length: number): void {
    this.#advance(length);
  }

  /** Moves on by `length` and returns where it was. */
  #advance(length: number): number {
    if (length > this.remaining) throw new GomodfsError("INVALID", `${this.#what} is truncated`);
    const start = this.#offset;
    this.#offset += length;
    return start;
  }
}

import { GomodfsError } from "../lib/gomodfs_error.ts";

const NUL = 0;

/** A cursor over one request of the kernel: one method a wire primitive, every one bounds-checked. */
export class RequestReader {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Bytes not yet read. */
  get remaining(): number {
    return this.#bytes.length - this.#position;
  }

  u32(): number {
    return this.#bytes.readUInt32LE(this.#advance(4));
  }

  /** A 64-bit integer that must be below 2^53. */
  u64(): number {
    const low = this.u32();
    const high = this.u32();
    if (high > 0x1f_ffff) {
      throw new GomodfsError("PROTOCOL", "FUSE request holds an integer of more than 53 bits");
    }
    return high * 2 ** 32 + low;
  }

  /** A name that ends with a NUL byte, which is not part of the result. The result is a copy. */
  name(): Uint8Array {
    const end = this.#bytes.indexOf(NUL, this.#position);
    if (end === -1) {
      throw new GomodfsError("PROTOCOL", "FUSE request holds a name without an end");
    }
    const start = this.#advance(end + 1 - this.#position);
    return new Uint8Array(this.#bytes.subarray(start, end));
  }

  skip(length: number): void {
    this.#advance(length);
  }

  /** Moves past `length` bytes and returns where they start. */
  #advance(length: number): number {
    const start = this.#position;
    if (length > this.#bytes.length - start) {
      throw new GomodfsError("PROTOCOL", `FUSE request ends after ${this.#bytes.length} bytes`);
    }
    this.#position = start + length;
    return start;
  }
}

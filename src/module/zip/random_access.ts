import { GomodfsError } from "../../lib/gomodfs_error.ts";

/** Bytes that can be read at any offset: a buffer, or a file of the caller's. */
export interface RandomAccessReader {
  /** Total bytes. */
  readonly size: number;
  /**
   * Exactly `length` bytes from `offset`. The caller must not change them.
   *
   * @throws GomodfsError `INVALID` where they are not all within `size`
   */
  read(offset: number, length: number): Uint8Array;
  /**
   * As {@linkcode RandomAccessReader.read}, but the bytes are valid until the next call only: whoever reads much of a file,
   * piece by piece, does not need memory for each.
   */
  readTransient(offset: number, length: number): Uint8Array;
}

/** @throws GomodfsError `INVALID` where the range is not within `size` */
export function checkRange(offset: number, length: number, size: number): void {
  if (offset < 0 || length < 0 || offset + length > size) {
    throw new GomodfsError(
      "INVALID",
      `${length} bytes at offset ${offset} are outside of the ${size} bytes there are`,
    );
  }
}

/** A {@linkcode RandomAccessReader} over bytes in memory; what it returns are views of them. */
export class BytesReader implements RandomAccessReader {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get size(): number {
    return this.#bytes.length;
  }

  read(offset: number, length: number): Uint8Array {
    checkRange(offset, length, this.#bytes.length);
    return this.#bytes.subarray(offset, offset + length);
  }

  readTransient(offset: number, length: number): Uint8Array {
    return this.read(offset, length);
  }
}

import { GomodfsError } from "../../lib/gomodfs_error.ts";

const UNIT = 4;

/**
 * Reads XDR (RFC 4506) from the beginning of some bytes to their end, one primitive after the other. Each method throws
 * GomodfsError `PROTOCOL` if the bytes end before the primitive does, or it breaks the bound that the caller gives.
 */
export class XdrReader {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Bytes that are left. */
  get remaining(): number {
    return this.#bytes.length - this.#position;
  }

  /** `unsigned int` (section 4.2), also an `enum`. */
  u32(): number {
    return this.#bytes.readUInt32BE(this.#take(UNIT));
  }

  /** `unsigned hyper` (section 4.5). Above 2^53 it is only near the number, and no number below that. */
  u64(): number {
    const high = this.u32();
    return high * 2 ** 32 + this.u32();
  }

  /** `bool` (section 4.4). */
  bool(): boolean {
    const value = this.u32();
    if (value > 1) throw new GomodfsError("PROTOCOL", `${value} is no boolean of XDR`);
    return value === 1;
  }

  /** `opaque x[length]` (section 4.9). Part of the reader's own bytes. */
  fixedOpaque(length: number): Buffer {
    const start = this.#take(padded(length));
    return this.#bytes.subarray(start, start + length);
  }

  /** `opaque x<maximum>` and `string x<maximum>` (sections 4.10 and 4.11). Part of the reader's own bytes. */
  opaque(maximum: number): Buffer {
    const length = this.u32();
    if (length > maximum) {
      throw new GomodfsError("PROTOCOL", `${length} bytes of XDR where ${maximum} are allowed`);
    }
    return this.fixedOpaque(length);
  }

  /** `unsigned int x<maximum>` (section 4.13). */
  u32Array(maximum: number): number[] {
    const length = this.u32();
    if (length > maximum) {
      throw new GomodfsError("PROTOCOL", `${length} elements of XDR where ${maximum} are allowed`);
    }
    return Array.from({ length }, () => this.u32());
  }

  #take(length: number): number {
    const start = this.#position;
    if (length > this.#bytes.length - start) {
      throw new GomodfsError(
        "PROTOCOL",
        `XDR ends ${length - (this.#bytes.length - start)} bytes too early`,
      );
    }
    this.#position = start + length;
    return start;
  }
}

/** Bytes that so many bytes take up: XDR fills up to a multiple of four (section 3). */
export function padded(length: number): number {
  return Math.ceil(length / UNIT) * UNIT;
}

import { padded } from "./xdr_reader.ts";

const UNIT = 4;
const INITIAL_CAPACITY = 4096;

/** Writes XDR (RFC 4506), one primitive after the other, into memory that grows as needed. */
export class XdrWriter {
  #bytes = Buffer.allocUnsafe(INITIAL_CAPACITY);
  #length = 0;

  /** Bytes written. */
  get length(): number {
    return this.#length;
  }

  /** What has been written, valid until the next call. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Goes back to where `length` was. */
  truncate(length: number): void {
    if (length > this.#length) throw new RangeError(`Only ${this.#length} bytes are written`);
    this.#length = length;
  }

  u32(value: number): void {
    // Growing comes first, since it may put other memory in place.
    const start = this.#grow(UNIT);
    this.#bytes.writeUInt32BE(value, start);
  }

  /** @param value a whole number of at most 2^53 - 1 */
  u64(value: number): void {
    this.u32(Math.floor(value / 2 ** 32));
    this.u32(value % 2 ** 32);
  }

  bool(value: boolean): void {
    this.u32(value ? 1 : 0);
  }

  /** `opaque x[length]`. */
  fixedOpaque(bytes: Uint8Array): void {
    const start = this.#grow(padded(bytes.length));
    this.#bytes.set(bytes, start);
    this.#clear(start + bytes.length);
  }

  /** `opaque x<>`. */
  opaque(bytes: Uint8Array): void {
    this.u32(bytes.length);
    this.fixedOpaque(bytes);
  }

  /** `string x<>`, in UTF-8. */
  string(text: string): void {
    const length = Buffer.byteLength(text);
    this.u32(length);
    const start = this.#grow(padded(length));
    this.#bytes.write(text, start, "utf8");
    this.#clear(start + length);
  }

  /** Zeros of so many units of four bytes: FALSE, 0, or no element, each. */
  zeros(units: number): void {
    this.#clear(this.#grow(units * UNIT));
  }

  /** Writes over the `unsigned int` at `position`. */
  setU32(position: number, value: number): void {
    if (position + UNIT > this.#length) throw new RangeError(`Nothing is written at ${position}`);
    this.#bytes.writeUInt32BE(value, position);
  }

  /** Writes zeros to the end. A loop: fill() costs more than the few bytes that there are. */
  #clear(start: number): void {
    for (let index = start; index < this.#length; index++) this.#bytes[index] = 0;
  }

  /** @returns where the new bytes begin */
  #grow(length: number): number {
    const start = this.#length;
    const end = start + length;
    if (end > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(end, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, start);
      this.#bytes = larger;
    }
    this.#length = end;
    return start;
  }
}

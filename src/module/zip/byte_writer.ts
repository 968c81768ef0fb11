/** Writes little-endian integers and byte runs one after the other into a buffer of known length. */
export class ByteWriter {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  /** @param length bytes that will be written, exactly */
  constructor(length: number) {
    this.#bytes = new Uint8Array(length);
    this.#view = new DataView(this.#bytes.buffer);
  }

  uint16(value: number): this {
    this.#view.setUint16(this.#advance(2), value, true);
    return this;
  }

  uint32(value: number): this {
    this.#view.setUint32(this.#advance(4), value, true);
    return this;
  }

  uint64(value: number): this {
    this.#view.setBigUint64(this.#advance(8), BigInt(value), true);
    return this;
  }

  bytes(value: Uint8Array): this {
    this.#bytes.set(value, this.#advance(value.length));
    return this;
  }

  /**
   * What was written.
   *
   * @throws RangeError if that is less than was announced
   */
  finish(): Uint8Array {
    if (this.#offset !== this.#bytes.length) {
      throw new RangeError(`${this.#offset} of ${this.#bytes.length} bytes are written`);
    }
    return this.#bytes;
  }

  #advance(length: number): number {
    const start = this.#offset;
    this.#offset += length;
    return start;
  }
}

/**
 * RFC 1950 section 2.2: deflate with a 32 KiB window, no dictionary, default compression. The level is for information
 * only; these are the bytes that git's own default gives.
 */
const ZLIB_HEADER = Uint8Array.of(0x78, 0x9c);
const ADLER32_LENGTH = 4;

/** Bytes that a zlib stream has more than the raw deflate stream in it. */
export const ZLIB_OVERHEAD = ZLIB_HEADER.length + ADLER32_LENGTH;

/** Concatenates zlib streams made of raw deflate streams, in a buffer that grows. */
export class ZlibStreamWriter {
  #buffer: Uint8Array<ArrayBuffer>;
  #length = 0;

  /** @param capacity bytes expected */
  constructor(capacity: number) {
    this.#buffer = new Uint8Array(capacity);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** @param adler32 checksum of the content */
  append(deflated: Uint8Array, adler32: number): void {
    this.#reserve(deflated.length + ZLIB_OVERHEAD);
    this.#buffer.set(ZLIB_HEADER, this.#length);
    this.#buffer.set(deflated, this.#length + ZLIB_HEADER.length);
    this.#length += ZLIB_OVERHEAD + deflated.length;
    new DataView(this.#buffer.buffer).setUint32(this.#length - ADLER32_LENGTH, adler32);
  }

  /** What was written. It shares the writer's buffer, which may be longer. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(length: number): void {
    const needed = this.#length + length;
    if (needed <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(needed, Math.ceil(this.#buffer.length * 1.5)));
    grown.set(this.finish());
    this.#buffer = grown;
  }
}

/** The raw deflate stream in a zlib stream. */
export function rawDeflateOf(zlibStream: Uint8Array): Uint8Array {
  return zlibStream.subarray(ZLIB_HEADER.length, -ADLER32_LENGTH);
}

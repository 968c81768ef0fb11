/**
 * RFC 1950 section 2.2: deflate with a 32 KiB window, no dictionary, default compression. The level is for information
 * only; these are the bytes that git's own default gives.
 */
const ZLIB_HEADER = Uint8Array.of(0x78, 0x9c);
const ADLER32_LENGTH = 4;

/** Bytes that a zlib stream has more than the raw deflate stream in it. */
export const ZLIB_OVERHEAD = ZLIB_HEADER.length + ADLER32_LENGTH;

/**
 * A zlib stream around a raw deflate stream, in pieces.
 *
 * @param adler32 checksum of the content
 */
export function* zlibStreamOf(
  deflated: Iterable<Uint8Array>,
  adler32: number,
): Generator<Uint8Array, undefined> {
  yield ZLIB_HEADER;
  yield* deflated;
  yield Uint8Array.of(adler32 >>> 24, adler32 >>> 16, adler32 >>> 8, adler32);
}

/** The raw deflate stream in a zlib stream. */
export function rawDeflateOf(zlibStream: Uint8Array): Uint8Array {
  return zlibStream.subarray(ZLIB_HEADER.length, -ADLER32_LENGTH);
}

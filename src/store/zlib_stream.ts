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

/** RFC 1951 section 3.2.4: bytes of a stored block, and of what stands before them. */
const STORED_BLOCK_LENGTH = 0xffff;
const STORED_HEADER_LENGTH = 5;

/**
 * A zlib stream that holds the content as it is, in stored blocks. What zlib's level 0 gives takes ten times as long, for
 * the engine that is made for each.
 *
 * @param adler32 checksum of the content
 */
export function storedZlibStream(content: Uint8Array, adler32: number): Buffer {
  const blocks = Math.max(1, Math.ceil(content.length / STORED_BLOCK_LENGTH));
  const stream = Buffer.allocUnsafe(ZLIB_OVERHEAD + blocks * STORED_HEADER_LENGTH + content.length);
  stream.set(ZLIB_HEADER);
  let end = ZLIB_HEADER.length;
  for (let block = 0; block < blocks; block++) {
    const start = block * STORED_BLOCK_LENGTH;
    const bytes = content.subarray(start, start + STORED_BLOCK_LENGTH);
    stream[end] = block === blocks - 1 ? 1 : 0;
    stream.writeUInt16LE(bytes.length, end + 1);
    stream.writeUInt16LE(~bytes.length & 0xffff, end + 3);
    stream.set(bytes, end + STORED_HEADER_LENGTH);
    end += STORED_HEADER_LENGTH + bytes.length;
  }
  stream.writeUInt32BE(adler32, end);
  return stream;
}

/** Where in a zlib stream its raw deflate stream begins. */
export const RAW_DEFLATE_OFFSET = ZLIB_HEADER.length;

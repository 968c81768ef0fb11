import { inflateSync } from "node:zlib";
import { GomodfsError } from "../../lib/gomodfs_error.ts";

/** The largest content a store reads: cmd/go's bound on a module zip is 500 MiB (x/mod/zip MaxZipFile). */
export const MAXIMUM_OBJECT_SIZE = 512 * 1024 * 1024;

/** deflate cannot do better (zlib's technical notes: 1032 to 1): a header that says more gets no memory for it. */
const MAXIMUM_RATIO = 1040;

/**
 * Inflates a zlib stream whose content has `size` bytes. What follows the stream is ignored.
 *
 * @returns undefined if the stream goes on behind the end of `bytes`
 * @throws GomodfsError `STORE` if the stream is damaged or its content has another size
 */
export function inflateExactly(bytes: Uint8Array, size: number): Uint8Array | undefined {
  if (size > MAXIMUM_OBJECT_SIZE) {
    throw new GomodfsError("STORE", `an object of ${size} bytes is larger than any module file`);
  }
  const content = inflate(bytes, size);
  if (content !== undefined && content.length !== size) {
    throw new GomodfsError("STORE", `an object has ${content.length} bytes instead of ${size}`);
  }
  return content;
}

function inflate(bytes: Uint8Array, size: number): Uint8Array | undefined {
  try {
    // One byte more than the content: with an output buffer that is exactly full, zlib is called, and a second buffer
    // allocated, once more.
    const possible = Math.min(size + 1, bytes.length * MAXIMUM_RATIO);
    return inflateSync(bytes, { chunkSize: Math.max(64, possible), maxOutputLength: size + 1 });
  } catch (error) {
    if (isCutOff(error)) return undefined;
    throw new GomodfsError("STORE", "an object's zlib stream is damaged", { cause: error });
  }
}

function isCutOff(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "Z_BUF_ERROR";
}

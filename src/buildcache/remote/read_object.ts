import { GomodfsError } from "../../lib/gomodfs_error.ts";
import type { ObjectBody } from "../../lib/s3/object_bucket.ts";

/**
 * An object's bytes in memory.
 *
 * @throws GomodfsError `TOO_LARGE`, and whatever ends the body early
 */
export async function readObject(
  { size, stream }: ObjectBody,
  key: string,
  maxBytes: number,
): Promise<Buffer> {
  if (size > maxBytes) {
    throw new GomodfsError("TOO_LARGE", `${key} has ${size} bytes, more than ${maxBytes}`);
  }
  const bytes = Buffer.allocUnsafe(size);
  let length = 0;
  for await (const piece of stream) {
    if (!(piece instanceof Uint8Array)) throw new TypeError("a body is a stream of bytes");
    if (length + piece.length > size) break;
    bytes.set(piece, length);
    length += piece.length;
  }
  return bytes.subarray(0, length);
}

import { createHash } from "node:crypto";

/** The id that git gives a blob of this content: SHA-1 of `blob SIZE`, a NUL and the content. 20 bytes. */
export function gitBlobId(content: Uint8Array): Buffer {
  return createHash("sha1").update(`blob ${content.length}\0`).update(content).digest();
}

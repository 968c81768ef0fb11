import { createHash } from "node:crypto";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { compareBytes } from "./byte_order.ts";
import { formatH1 } from "./h1.ts";
import type { H1 } from "./module_version.ts";
import { quote } from "./quote.ts";

export { parseH1 } from "./h1.ts";

/** A file of a tree. */
export interface HashedFile {
  /** With its prefix: in a module zip `M@V/name`. */
  readonly name: string;
  /** SHA-256 of its content, 32 bytes. */
  readonly sha256: Uint8Array;
}

/**
 * The "h1:" hash of a tree of files (x/mod/sumdb/dirhash Hash1): SHA-256 of one line a file, `hex(sha256)`, two spaces
 * and the name, in ascending order of the names' bytes.
 *
 * @throws GomodfsError `INVALID` for a name with a newline, which could pass for two files
 */
export function hash1(files: Iterable<HashedFile>): H1 {
  const rows = [...files].sort((a, b) => compareBytes(a.name, b.name));
  const hash = createHash("sha256");
  for (const { name, sha256 } of rows) {
    if (name.includes("\n")) {
      throw new GomodfsError("INVALID", `file name ${quote(name)} contains a newline`);
    }
    hash.update(`${hexadecimal(sha256)}  ${name}\n`);
  }
  return formatH1(hash.digest());
}

/** The hash of a go.mod file by itself: the `/go.mod` lines of go.sum (cmd/go/internal/modfetch goModSum). */
export function goModHash(goMod: Uint8Array): H1 {
  return hash1([{ name: "go.mod", sha256: createHash("sha256").update(goMod).digest() }]);
}

function hexadecimal(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}

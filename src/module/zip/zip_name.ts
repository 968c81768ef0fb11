import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { quote } from "../quote.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The name of a zip entry. Like Go's archive/zip this takes the bytes as UTF-8 whatever the UTF-8 flag says; a name
 * that is not UTF-8 is one that golang.org/x/mod/module refuses as a file path.
 *
 * @throws GomodfsError `INVALID`
 */
export function decodeZipName(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    const shown = quote(Buffer.from(bytes).toString("latin1"));
    throw new GomodfsError("INVALID", `zip entry ${shown} has a name that is not UTF-8`, { cause });
  }
}

/**
 * Whether a writer has to set the UTF-8 flag for this name. Go's archive/zip leaves it out for what nearly every code
 * page shares: printable ASCII but backslash and tilde (detectUTF8 of writer.go).
 */
export function needsUtf8Flag(name: string): boolean {
  return !/^[\x20-\x5b\x5d-\x7d]*$/.test(name);
}

import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { quote } from "../quote.ts";

const lenientDecoder = new TextDecoder("utf-8", { ignoreBOM: true });
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Makes text of the bytes of an entry's name. */
export type DecodeName = (bytes: Uint8Array) => string;

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
 * The name of an entry of an archive that is no module zip, whatever bytes it has: what is no UTF-8 becomes U+FFFD, which
 * no file of a module may have in its name either.
 */
export function decodeArchiveName(bytes: Uint8Array): string {
  return lenientDecoder.decode(bytes);
}

/**
 * Whether a writer has to set the UTF-8 flag for this name. Go's archive/zip leaves it out for what nearly every code
 * page shares: printable ASCII but backslash and tilde (detectUTF8 of writer.go).
 */
export function needsUtf8Flag(name: string): boolean {
  return !/^[\x20-\x5b\x5d-\x7d]*$/.test(name);
}

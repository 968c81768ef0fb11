import { GomodfsError } from "../../lib/gomodfs_error.ts";

const QUOTED_NAME_MAXIMUM = 256;
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
    const shown = quoteZipName(Buffer.from(bytes).toString("latin1"));
    throw new GomodfsError("INVALID", `zip entry ${shown} has a name that is not UTF-8`, { cause });
  }
}

/** A name from a zip for a message: quoted, control characters escaped, of bounded length. */
export function quoteZipName(name: string): string {
  return JSON.stringify(
    name.length > QUOTED_NAME_MAXIMUM ? `${name.slice(0, QUOTED_NAME_MAXIMUM)}...` : name,
  );
}

/**
 * Whether a writer has to set the UTF-8 flag for this name. Go's archive/zip leaves it out for what nearly every code
 * page shares: printable ASCII but backslash and tilde (detectUTF8 of writer.go).
 */
export function needsUtf8Flag(name: string): boolean {
  return !/^[\x20-\x5b\x5d-\x7d]*$/.test(name);
}

/**
 * Compares two names by their UTF-8 bytes, as Go compares strings. UTF-16 differs from that order only in that
 * surrogates, which stand for the characters above U+FFFF, are below U+E000 to U+FFFF.
 */
export function compareByUtf8(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const unitA = a.charCodeAt(i);
    const unitB = b.charCodeAt(i);
    if (unitA !== unitB) return utf8Rank(unitA) - utf8Rank(unitB);
  }
  return a.length - b.length;
}

function utf8Rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

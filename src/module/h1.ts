import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { H1 } from "./module_version.ts";
import { quote } from "./quote.ts";

/** 32 bytes in 44 characters of base64, the last of which carries four bits only, so that each hash has one spelling. */
const H1_PATTERN = /^h1:[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;

/** Whether `text` is a hash as go.sum spells it: "h1:" and the base64 of 32 bytes. */
export function isH1(text: string): text is H1 {
  return H1_PATTERN.test(text);
}

/**
 * Proves that `text` is a hash as go.sum spells it.
 *
 * @throws GomodfsError `INVALID`
 */
export function parseH1(text: string): H1 {
  if (isH1(text)) return text;
  throw new GomodfsError(
    "INVALID",
    `${quote(text)} is not a hash: expected "h1:" and 44 characters of base64`,
  );
}

/** The hash of a SHA-256 digest. */
export function formatH1(digest: Uint8Array): H1 {
  const base64 = Buffer.from(digest.buffer, digest.byteOffset, digest.byteLength).toString(
    "base64",
  );
  return parseH1(`h1:${base64}`);
}

import { GomodfsError } from "../gomodfs_error.ts";

/** Bytes of UTF-8 (Amazon S3 User Guide, "Object key naming guidelines"). */
const maxKeyBytes = 1024;

/** What encodeURIComponent leaves as it is, although RFC 3986 section 2.3 does not call it unreserved. */
const leftReserved = /[!'()*]/g;

/**
 * A key as it stands in a URL's path: every byte of its UTF-8 escaped but unreserved ones and slashes. The signature
 * covers just this spelling (AWS Signature Version 4, "URI encode").
 *
 * @throws GomodfsError `INVALID` for a key that S3 does not take, or that servers and proxies would read as another one
 */
export function encodeKey(key: string): string {
  if (key === "") throw new GomodfsError("INVALID", "an object key must not be empty");
  if (!key.isWellFormed() || key.includes("\0")) throw invalid(key, "is not text");
  if (Buffer.byteLength(key) > maxKeyBytes)
    throw invalid(key, `has more than ${maxKeyBytes} bytes`);
  if (key.split("/").some((segment) => segment === "." || segment === "..")) {
    throw invalid(key, 'has "." or ".." between slashes');
  }
  return key.split("/").map(encodeSegment).join("/");
}

/** A text with every byte of its UTF-8 escaped but unreserved ones. */
export function encodeSegment(text: string): string {
  return encodeURIComponent(text).replace(
    leftReserved,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function invalid(key: string, reason: string): GomodfsError {
  return new GomodfsError(
    "INVALID",
    `the object key ${JSON.stringify(key.slice(0, 100))} ${reason}`,
  );
}

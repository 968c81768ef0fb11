import { isUtf8 } from "node:buffer";

const NEWLINE = 0x0a;

/**
 * Whether `bytes` are valid UTF-8 without control characters below U+0020 other than newline: the alphabet of notes and
 * of records (golang.org/x/mod/sumdb/note, "Signed Note Format").
 */
export function isPlainText(bytes: Uint8Array): boolean {
  return !bytes.some((byte) => byte < 0x20 && byte !== NEWLINE) && isUtf8(bytes);
}

/** Decodes what {@linkcode isPlainText} accepts. A byte order mark is text like any other. */
export function decodeText(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
}

/** A view of `bytes` with Buffer's searching methods. Nothing is copied. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

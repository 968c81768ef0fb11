const ALPHABET = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * Decodes standard, padded base64 exactly where Go's `base64.StdEncoding.DecodeString` does: carriage returns and
 * newlines are skipped and the unused bits before the padding may have any value.
 *
 * @returns the bytes, or undefined if `text` is not base64
 */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  const digits = text.replace(/[\r\n]/g, "");
  // Buffer.from never fails: it stops at what it does not know, so the shape has to be checked before.
  if (digits.length % 4 !== 0 || !ALPHABET.test(digits)) return undefined;
  return new Uint8Array(Buffer.from(digits, "base64"));
}

/** Standard, padded base64. */
export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

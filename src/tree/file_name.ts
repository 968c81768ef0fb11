/** The text of a name as a client sent it; undefined for what is not UTF-8, as no name in a module zip can be. */
export function decodeName(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
  return text.includes("\ufffd") ? undefined : text;
}

/** Upper-case letters, a "!" that escapes nothing, and what is not ASCII. */
const NOT_ESCAPED_PATTERN = /[A-Z]|!(?![a-z])|\P{ASCII}/u;

/**
 * Spells each upper-case letter as "!" and the lower-case letter, since file systems may fold case (x/mod/module,
 * "Escaped Paths").
 */
export function escapeUpperCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
}

/** The inverse of {@linkcode escapeUpperCase}; undefined if that makes no such text of ASCII without "!". */
export function unescapeUpperCase(escaped: string): string | undefined {
  if (NOT_ESCAPED_PATTERN.test(escaped)) return undefined;
  return escaped.replace(/!([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

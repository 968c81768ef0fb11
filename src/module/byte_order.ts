/** Code units from the surrogates on; a string without any is ordered right against every other. */
const MISPLACED_PATTERN = /[\ud800-\uffff]/;

/**
 * Compares two strings by the bytes of their UTF-8 encoding, as Go compares strings: negative, 0 or positive. UTF-16
 * code units, which JavaScript compares, are in the same order except that surrogates (U+10000 and above) come before
 * U+E000 to U+FFFF.
 */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  if (!MISPLACED_PATTERN.test(a)) return a < b ? -1 : 1;
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const x = a.charCodeAt(index);
    const y = b.charCodeAt(index);
    if (x !== y) return codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
}

/** Moves surrogates above every other code unit and keeps the order otherwise. */
function codePointRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/*
 * White space as Go's strings package knows it (unicode.IsSpace). JavaScript's \s has U+FEFF in addition and lacks
 * U+0085.
 */
const SPACE = "\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const SPACES_PATTERN = new RegExp(`[${SPACE}]+`);
const NOT_SPACE_PATTERN = new RegExp(`[^${SPACE}]`);
const SPACE_PATTERN = new RegExp(`[${SPACE}]`);

/** The parts of `text` between white space, like Go's strings.Fields. */
export function fields(text: string): string[] {
  return text.split(SPACES_PATTERN).filter((field) => field !== "");
}

/** `text` without white space at its ends, like Go's strings.TrimSpace. */
export function trimSpace(text: string): string {
  const start = text.search(NOT_SPACE_PATTERN);
  if (start < 0) return "";
  let end = text.length;
  while (SPACE_PATTERN.test(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

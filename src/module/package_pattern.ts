const WILDCARD = "...";
/** Stands for a path element "vendor", which no wildcard matches. */
const VENDOR = "\0";

/** Whether a name on the go command's command line stands for many. */
export function isPattern(text: string): boolean {
  return text.includes(WILDCARD);
}

/**
 * Says which paths a pattern matches in which `...` stands for any text: at the end `/...` for nothing too, and nowhere
 * for a path element "vendor" with others behind it (cmd/internal/pkgpattern MatchPattern).
 */
export function packagePattern(pattern: string): (path: string) => boolean {
  if (pattern.includes(VENDOR)) return () => false;
  const hidden = hideVendor(pattern);
  const ending = /^(.*)\/\.\.\.$/s.exec(hidden);
  const head = ending?.[1];
  const beforeVendor = head?.endsWith(`/${VENDOR}`) === true ? head.slice(0, -2) : undefined;
  const source =
    beforeVendor !== undefined
      ? `${quotePattern(beforeVendor)}(?:/vendor|/${VENDOR}/${ANY})`
      : head === undefined
        ? quotePattern(hidden)
        : `${quotePattern(head)}(?:/${ANY})?`;
  const expression = new RegExp(`^${source}$`, "s");
  return (path) => !path.includes(VENDOR) && expression.test(hideVendor(path));
}

/** Says whether a pattern can match a path or anything below it (cmd/internal/pkgpattern TreeCanMatchPattern). */
export function treePattern(pattern: string): (path: string) => boolean {
  const wildcard = pattern.indexOf(WILDCARD);
  const prefix = wildcard < 0 ? pattern : pattern.slice(0, wildcard);
  return (path) =>
    prefix === path || prefix.startsWith(`${path}/`) || (wildcard >= 0 && path.startsWith(prefix));
}

const ANY = `[^${VENDOR}]*`;

function quotePattern(text: string): string {
  return text
    .split(WILDCARD)
    .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
    .join(ANY);
}

/** Replaces elements "vendor", but not the last. */
function hideVendor(path: string): string {
  return path.replace(/(^|\/)vendor(?=\/)/g, `$1${VENDOR}`);
}

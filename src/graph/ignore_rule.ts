/**
 * Says which directories the `ignore` lines of a go.mod leave out of wildcards: `./x` one directory below the root, `x` all
 * of this name, each with what is below it (cmd/go/internal/search IgnorePatterns).
 */
export function ignoreRule(patterns: readonly string[]): (directory: string) => boolean {
  const rooted = patterns.filter((pattern) => pattern.startsWith("./"));
  const anywhere = patterns.filter((pattern) => !pattern.startsWith("./"));
  const beginnings = rooted.map((pattern) => inSlashes(pattern.slice("./".length)));
  const parts = anywhere.map(inSlashes);
  return (directory) => {
    if (directory === "") return false;
    const path = inSlashes(directory);
    return (
      beginnings.some((beginning) => path.startsWith(beginning)) ||
      parts.some((part) => path.includes(part))
    );
  };
}

function inSlashes(path: string): string {
  return `/${path.replace(/^\/|\/$/g, "")}/`;
}

import { matchPath } from "./path_match.ts";

/**
 * Whether any prefix of `target` that ends at an element matches one of the comma-separated globs: how GOPRIVATE,
 * GONOPROXY and GONOSUMDB choose module paths (`go help module-private`; x/mod/module MatchPrefixPatterns). Empty and
 * malformed globs match nothing, trailing slashes do not count.
 */
export function matchPrefixPatterns(globs: string, target: string): boolean {
  const elements = target.split("/");
  return globs.split(",").some((text) => {
    const glob = text.endsWith("/") ? text.slice(0, -1) : text;
    const count = glob.split("/").length;
    return (
      glob !== "" && count <= elements.length && matchPath(glob, elements.slice(0, count).join("/"))
    );
  });
}

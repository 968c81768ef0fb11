import { escapePath, escapeVersion, unescapePath, unescapeVersion } from "../../module/escape.ts";
import type { ModuleVersion } from "../../module/module_version.ts";
import { parseModuleVersion } from "../../module/path.ts";

declare const brand: unique symbol;

/** The full name of a git ref: `refs/gomod/golang.org%2Fx%2Fnet@v0.43.0(mod)`. */
export type RefName = string & { readonly [brand]: "RefName" };

/** What of a module version a ref leads to: a tree with its files, the `.info` blob or the `.mod` blob. */
export type RefKind = "zip" | "info" | "mod";

/** All refs of modules are directly below this. */
export const REFS_PREFIX = "refs/gomod/";

const SUFFIXES = { zip: "", info: "(info)", mod: "(mod)" } as const;

/** The ref of one part of a module version, named as tailscale/gomodfs names it (store/gitstore, refName). */
export function refName(id: ModuleVersion, kind: RefKind): RefName {
  const path = escapeSegment(escapePath(id.path));
  const version = escapeSegment(escapeVersion(id.version));
  const name = `${REFS_PREFIX}${path}@${version}${SUFFIXES[kind]}`;
  // escapeSegment leaves nothing that git-check-ref-format refuses.
  return name as RefName;
}

/** The module version and part that a ref is for; undefined if the ref is not one of ours. */
export function parseRefName(
  name: string,
): { readonly id: ModuleVersion; readonly kind: RefKind } | undefined {
  const { base, kind } = splitRefName(name);
  const [, path, version] = /^refs\/gomod\/([^/@]+)@([^/()]+)$/.exec(base) ?? [];
  if (path === undefined || version === undefined) return undefined;
  try {
    const id = parseModuleVersion(
      unescapePath(decodeURIComponent(path)),
      unescapeVersion(decodeURIComponent(version)),
    );
    return { id, kind };
  } catch {
    return undefined;
  }
}

/** A ref's name without the suffix that says which part of the module it is for, and that part. */
export function splitRefName(name: string): { readonly base: string; readonly kind: RefKind } {
  for (const kind of ["info", "mod"] as const) {
    if (name.endsWith(SUFFIXES[kind])) return { base: name.slice(0, -SUFFIXES[kind].length), kind };
  }
  return { base: name, kind: "zip" };
}

/** Whether `name` is the full name of a module's ref. */
export function isRefName(name: string): name is RefName {
  return parseRefName(name) !== undefined;
}

/**
 * Go's url.PathEscape, and moreover what git-check-ref-format refuses and module paths and versions may have: `~`, `..`
 * and the ending `.lock`. url.PathUnescape reads both spellings.
 */
function escapeSegment(text: string): string {
  return encodeURIComponent(text)
    .replace(/%(?:24|26|2B|3D)/g, (escaped) => decodeURIComponent(escaped))
    .replace(/[!'()*~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/\.(?=\.)/g, "%2E")
    .replace(/\.lock$/, "%2Elock");
}

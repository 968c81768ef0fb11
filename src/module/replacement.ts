import type { Directive } from "./go_mod_directive.ts";
import type { Version } from "./module_version.ts";

/** A `replace` line of a go.mod or go.work file. */
export interface Replacement {
  readonly path: string;
  /** Without one, all versions are replaced. */
  readonly version?: Version;
  readonly by: ReplacementTarget;
}

/** What a `replace` line puts in place of a module: another module, or a directory (never both). */
export type ReplacementTarget =
  | { readonly kind: "module"; readonly path: string; readonly version: Version }
  | { readonly kind: "directory"; readonly directory: string };

const DIRECTORY_PATH_PATTERN = /^(?:\.{1,2}(?:$|[/\\])|[/\\]|[A-Za-z]:)/;

/** Reads `replace module/path [v1.2.3] => other/module v1.4` and `replace module/path [v1.2.3] => ../directory`. */
export function parseReplaceLine(directive: Directive): Replacement {
  const { args } = directive;
  const arrow = args[1] === "=>" ? 1 : 2;
  const [path, version] = args;
  const [target, targetVersion, ...others] = args.slice(arrow + 1);
  if (path === undefined || args[arrow] !== "=>" || target === undefined || others.length > 0) {
    throw directive.error(
      "usage: replace module/path [v1.2.3] => other/module v1.4 or replace module/path [v1.2.3] => ../local/directory",
    );
  }
  const oldPath = directive.string(path);
  directive.checkPathMajor(oldPath, undefined);
  const oldVersion = arrow === 1 || version === undefined ? undefined : directive.version(version);
  directive.checkPathMajor(oldPath, oldVersion);
  const by = parseTarget(directive, directive.string(target), targetVersion);
  return { path: oldPath, ...(oldVersion === undefined ? {} : { version: oldVersion }), by };
}

function parseTarget(
  directive: Directive,
  target: string,
  version: string | undefined,
): ReplacementTarget {
  if (version !== undefined) {
    const parsed = directive.version(version);
    if (!isDirectoryPath(target)) return { kind: "module", path: target, version: parsed };
    throw directive.error("replacement module directory path cannot have version");
  }
  if (target.includes("@") && !isDirectoryPath(target)) {
    throw directive.error(
      "replacement module must match format 'path version', not 'path@version'",
    );
  }
  if (!isDirectoryPath(target)) {
    throw directive.error(
      "replacement module without version must be directory path (rooted or starting with . or ..)",
    );
  }
  if (target.includes("\\")) {
    throw directive.error(
      "replacement directory appears to be Windows path (on a non-windows system)",
    );
  }
  return { kind: "directory", directory: target };
}

/**
 * Whether a path is one of a directory rather than of a module, in the syntax of any system: rooted, or beginning with
 * an element "." or ".." (x/mod/modfile IsDirectoryPath).
 */
export function isDirectoryPath(path: string): boolean {
  return DIRECTORY_PATH_PATTERN.test(path);
}

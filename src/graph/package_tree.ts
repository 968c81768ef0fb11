import type { PackageImports } from "./package_imports.ts";

/** The Go files of a module, or of the standard library. Directories are relative to its root, which is "". */
export interface PackageTree {
  /** Whether a directory belongs to the tree, not to a module nested in it, and has any Go file, built or not. */
  hasGoFiles(directory: string): boolean;
  /** What the package in a directory imports; undefined if there is none. */
  imports(directory: string): PackageImports | undefined;
  /** The directories with Go files. */
  directories(): Iterable<string>;
}

/**
 * Whether wildcards pass over a directory and all below it: an element that begins with "_" or ".", "testdata", and what
 * is below "vendor" (cmd/go/internal/modload, matchPackages).
 */
export function isHiddenDirectory(directory: string): boolean {
  return /(?:^|\/)(?:[_.][^/]*|testdata)(?:\/|$)|(?:^|\/)vendor\//.test(directory);
}

/** The import path of a directory of a module. */
export function importPathOf(modulePath: string, directory: string): string {
  return directory === "" ? modulePath : `${modulePath}/${directory}`;
}

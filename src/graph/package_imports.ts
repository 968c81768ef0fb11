import { mayHold } from "../module/any_tags.ts";
import { isTestFile } from "../module/build_context.ts";
import { compareBytes } from "../module/byte_order.ts";
import type { GoImports } from "../module/go_imports.ts";

/** What a package imports in all its builds together, whatever their tags. Sorted, each path once. */
export interface PackageImports {
  readonly imports: readonly string[];
  /** Of its tests. */
  readonly testImports: readonly string[];
}

/** A Go file of a package. */
export interface PackageFile {
  /** Without a directory. */
  readonly name: string;
  /** Undefined if it cannot be parsed as far as its imports go. */
  read(): GoImports | undefined;
}

/**
 * Imports that no module has: cgo, and those of App Engine from before modules, which files with its build tags still have
 * (cmd/go/internal/modload, scanDir).
 */
const MAGIC_IMPORT = /^(?:C|appengine|appengine_internal)$|^(?:appengine|appengine_internal)\//;

/**
 * Reads what a package imports (cmd/go/internal/imports ScanDir with AnyTags).
 *
 * @returns undefined if the files make no package in any build
 */
export function importsOfPackage(files: Iterable<PackageFile>): PackageImports | undefined {
  const imports = new Set<string>();
  const testImports = new Set<string>();
  let count = 0;
  for (const file of files) {
    if (/^[_.]/.test(file.name)) continue;
    const header = file.read();
    if (header?.constraint !== undefined && !mayHold(header.constraint)) continue;
    count++;
    const found = isTestFile(file.name) ? testImports : imports;
    for (const path of header?.imports ?? []) if (!MAGIC_IMPORT.test(path)) found.add(path);
  }
  if (count === 0) return undefined;
  return { imports: sorted(imports), testImports: sorted(testImports) };
}

function sorted(paths: ReadonlySet<string>): string[] {
  return [...paths].sort(compareBytes);
}

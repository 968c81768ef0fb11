import { existsSync } from "node:fs";
import { join } from "node:path";
import { LocalPackageTree } from "./local_package_tree.ts";
import type { PackageImports } from "./package_imports.ts";

/** Whether an import path is reserved for the standard library: its first element has no dot (search.IsStandardImportPath). */
export function isStandardImportPath(path: string): boolean {
  const [first = ""] = path.split("/", 1);
  return !first.includes(".");
}

/** The packages of the standard library, as far as there is a Go installation. */
export class StandardLibrary {
  readonly #tree: LocalPackageTree | undefined;

  /** @param goroot GOROOT, if there is one */
  constructor(goroot: string | undefined) {
    const sources = goroot === undefined ? undefined : join(goroot, "src");
    this.#tree =
      sources !== undefined && existsSync(join(sources, "fmt"))
        ? new LocalPackageTree(sources)
        : undefined;
  }

  /** Whether there are sources to look into. Without them a path is taken for a package if no module has it. */
  get isKnown(): boolean {
    return this.#tree !== undefined;
  }

  has(path: string): boolean {
    if (!isStandardImportPath(path)) return false;
    return this.#tree === undefined || this.#tree.hasGoFiles(path);
  }

  /** What a package imports, vendored packages by the paths that they have in the library; undefined if it is not known. */
  imports(path: string): PackageImports | undefined {
    const found = this.#tree?.imports(path);
    if (found === undefined) return undefined;
    const vendor = /^cmd(?:\/|$)/.test(path) ? "cmd/vendor" : "vendor";
    const resolve = (imported: string): string =>
      isStandardImportPath(imported) ? imported : `${vendor}/${imported}`;
    return {
      imports: found.imports.map(resolve),
      testImports: found.testImports.map(resolve),
    };
  }

  /** The import paths of all packages. */
  paths(): Iterable<string> {
    return this.#tree?.directories() ?? [];
  }
}

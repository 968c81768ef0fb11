import { type BuildContext, isTestFile } from "./build_context.ts";
import { readGoImports } from "./go_imports.ts";

/** Gathers what the packages of a tree of Go files import, file by file. */
export class ImportCollector {
  readonly #context: BuildContext;
  readonly #packages = new Map<string, Set<string>>();

  /** @param context says which files are built; tests are not */
  constructor(context: BuildContext) {
    this.#context = context;
  }

  /**
   * Whether the bytes of a file are of interest.
   *
   * @param path relative to the root of the tree, with slashes
   */
  wants(path: string): boolean {
    const name = path.slice(path.lastIndexOf("/") + 1);
    return !isTestFile(name) && this.#context.matchesFileName(name);
  }

  /**
   * Adds the imports of a file that is wanted. A file that cannot be read or is not built adds nothing.
   *
   * @param source the file or its beginning
   */
  add(path: string, source: Uint8Array): void {
    const header = readGoImports(source);
    if (header === undefined || !this.#context.matchesHeader(header)) return;
    const directory = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    const known = this.#packages.get(directory);
    if (known === undefined) this.#packages.set(directory, new Set(header.imports));
    else for (const importPath of header.imports) known.add(importPath);
  }

  /** The imports of each directory that has a package, each once; "" is the root. */
  packages(): Map<string, string[]> {
    return new Map(Array.from(this.#packages, ([directory, imports]) => [directory, [...imports]]));
  }
}

import { readGoImports } from "../module/go_imports.ts";
import type { StoredModule } from "../store/module_store.ts";
import { importsOfPackage, type PackageImports } from "./package_imports.ts";
import type { PackageTree } from "./package_tree.ts";

/** The packages of a module in a store. */
export class StoredPackageTree implements PackageTree {
  readonly #module: StoredModule;
  /** The indexes of Go files in the manifest, by directory. */
  readonly #files: ReadonlyMap<string, readonly number[]>;

  constructor(module: StoredModule) {
    this.#module = module;
    this.#files = goFilesByDirectory(module);
  }

  hasGoFiles(directory: string): boolean {
    return this.#files.has(directory);
  }

  imports(directory: string): PackageImports | undefined {
    const { manifest } = this.#module;
    return importsOfPackage(
      (this.#files.get(directory) ?? []).map((index) => ({
        name: manifest.name(index).slice(directory === "" ? 0 : directory.length + 1),
        read: () => readGoImports(this.#module.readFile(index)),
      })),
    );
  }

  directories(): Iterable<string> {
    return this.#files.keys();
  }
}

function goFilesByDirectory({ manifest }: StoredModule): Map<string, number[]> {
  const files = new Map<string, number[]>();
  for (let index = 0; index < manifest.count; index++) {
    const name = manifest.name(index);
    if (!name.endsWith(".go")) continue;
    const directory = name.slice(0, Math.max(0, name.lastIndexOf("/")));
    const known = files.get(directory);
    if (known === undefined) files.set(directory, [index]);
    else known.push(index);
  }
  return files;
}

import type { GraphNode } from "../module/mvs.ts";
import type { PackageLocation } from "./package_finder.ts";

/**
 * What a package is to a load (cmd/go/internal/modload, loadPkgFlags). `all`: it is in the pattern "all", and so is what it
 * imports; a test that would put its imports there is in it too. `root`: somebody asked for it by name. `loaded`: its
 * imports are known.
 */
export interface PackageMarks {
  readonly all?: true;
  readonly root?: true;
  readonly loaded?: true;
}

/** A package or its tests, as far as they are loaded (cmd/go/internal/modload, loadPkg). */
export class LoadedPackage {
  readonly path: string;
  /** The package whose tests these are. */
  readonly testOf: LoadedPackage | undefined;
  marks: PackageMarks = {};
  location: PackageLocation | undefined;
  imports: LoadedPackage[] = [];
  testImports: readonly string[] = [];
  test: LoadedPackage | undefined;
  /** What led here on a shortest way; undefined for a root. */
  importedBy: LoadedPackage | undefined;

  constructor(path: string, testOf?: LoadedPackage) {
    this.path = path;
    this.testOf = testOf;
    this.location = testOf?.location;
  }

  /** The module that provides it; undefined for the standard library and what was not found. */
  get module(): GraphNode | undefined {
    return this.location?.kind === "module" ? this.location.module : undefined;
  }

  /** Whether it belongs to a main module. */
  get isMain(): boolean {
    return this.module?.version === "";
  }

  get #name(): string {
    return this.testOf === undefined ? this.path : `${this.path}.test`;
  }

  /** The packages from a root to this one, as `go mod why` names them. */
  importChain(): string[] {
    const chain = [this.#name];
    for (let at = this.importedBy; at !== undefined; at = at.importedBy) chain.push(at.#name);
    return chain.reverse();
  }
}

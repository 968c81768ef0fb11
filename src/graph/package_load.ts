import { GomodfsError } from "../lib/gomodfs_error.ts";
import { LoadedPackage, type PackageMarks } from "./loaded_package.ts";
import type { PackageFinder, PackageLocation } from "./package_finder.ts";
import type { PackageImports } from "./package_imports.ts";
import type { StandardLibrary } from "./standard_library.ts";

/** Which packages are loaded besides those that roots import. */
export interface PackageLoadOptions {
  /** Tests of the packages in "all", those of dependencies too. */
  readonly tests: boolean;
  /** What tests of dependencies import is in "all" too, as it was before Go 1.16. */
  readonly allClosesOverTests: boolean;
  /** Packages that are in "all" wherever they are: those of `tool` lines. */
  readonly tools: ReadonlySet<string>;
  /** Imports of the standard library are followed: nothing else can be found behind them. */
  readonly standard: boolean;
}

/** Kubernetes has 4,000 with its dependencies. */
const MAX_PACKAGES = 500_000;

/** Loads the packages in "all": those of main modules and what they import (cmd/go/internal/modload, loader). */
export class PackageLoad {
  readonly #finder: PackageFinder;
  readonly #standard: StandardLibrary;
  readonly #options: PackageLoadOptions;
  readonly #packages = new Map<string, LoadedPackage>();
  readonly #unsettled: { readonly package: LoadedPackage; readonly marks: PackageMarks }[] = [];
  readonly #unfound: LoadedPackage[] = [];
  #ordered: readonly LoadedPackage[] = [];
  #underWay = 0;
  #progress = Promise.withResolvers<void>();
  readonly #failed = Promise.withResolvers<never>();

  private constructor(
    finder: PackageFinder,
    standard: StandardLibrary,
    options: PackageLoadOptions,
  ) {
    this.#finder = finder;
    this.#standard = standard;
    this.#options = options;
    // It may fail when nobody waits for it any more.
    this.#failed.promise.catch(() => {});
  }

  /**
   * Loads packages and all that they lead to.
   *
   * @param roots import paths, in the order in which ways from them are preferred
   * @throws GomodfsError `TOO_LARGE` for more than 500,000 packages, and what the finder throws
   */
  static async load(
    roots: readonly string[],
    finder: PackageFinder,
    standard: StandardLibrary,
    options: PackageLoadOptions,
  ): Promise<PackageLoad> {
    const load = new PackageLoad(finder, standard, options);
    const packages = roots.map((path) => load.#package(path, { root: true }));
    await load.#drain();
    load.#ordered = orderByDistance(packages);
    return load;
  }

  /** All packages and tests, those nearest to the roots first. */
  get packages(): readonly LoadedPackage[] {
    return this.#ordered;
  }

  get(path: string): LoadedPackage | undefined {
    return this.#packages.get(path);
  }

  #package(path: string, marks: PackageMarks): LoadedPackage {
    let found = this.#packages.get(path);
    if (found === undefined) {
      if (this.#packages.size === MAX_PACKAGES) {
        throw new GomodfsError("TOO_LARGE", `there are more than ${MAX_PACKAGES} packages`);
      }
      found = new LoadedPackage(path);
      this.#packages.set(path, found);
      this.#unfound.push(found);
    }
    this.#mark(found, marks);
    return found;
  }

  /** Not at once: chains of imports are longer than a stack is deep. */
  #mark(pkg: LoadedPackage, marks: PackageMarks): void {
    this.#unsettled.push({ package: pkg, marks });
  }

  /** Works until nothing is left to do and nothing is under way. */
  async #drain(): Promise<void> {
    for (;;) {
      this.#work();
      if (this.#underWay === 0) return;
      await Promise.race([this.#progress.promise, this.#failed.promise]);
      this.#progress = Promise.withResolvers();
    }
  }

  #work(): void {
    for (;;) {
      const unsettled = this.#unsettled.pop();
      const unfound = unsettled === undefined ? this.#unfound.pop() : undefined;
      if (unsettled !== undefined) this.#settle(unsettled.package, unsettled.marks);
      else if (unfound !== undefined) this.#find(unfound);
      else return;
    }
  }

  #find(pkg: LoadedPackage): void {
    const location = this.#finder.find(pkg.path);
    if (!(location instanceof Promise)) {
      this.#found(pkg, location);
      return;
    }
    this.#underWay++;
    location
      .then((found) => this.#found(pkg, found))
      .catch((error: unknown) => this.#failed.reject(error))
      .finally(() => {
        this.#underWay--;
        this.#progress.resolve();
      });
  }

  #found(pkg: LoadedPackage, location: PackageLocation): void {
    pkg.location = location;
    if (this.#options.tools.has(pkg.path) || pkg.isMain) this.#mark(pkg, { all: true });
    const imports = this.#importsOf(pkg.path, location);
    if (imports === undefined) return;
    pkg.imports = imports.imports.map((path) => this.#package(path, {}));
    pkg.testImports = imports.testImports;
    this.#mark(pkg, { loaded: true });
  }

  #importsOf(path: string, location: PackageLocation): PackageImports | undefined {
    switch (location.kind) {
      case "module":
        return location.tree.imports(location.directory);
      case "standard":
        return this.#options.standard ? this.#standard.imports(path) : undefined;
      case "missing":
      case "ambiguous":
      case "failed":
        return undefined;
    }
  }

  /** Adds marks, and does what follows once the imports are known (modload, applyPkgFlags). */
  #settle(pkg: LoadedPackage, added: PackageMarks): void {
    const { marks: old } = pkg;
    // The packages in "all" are asked for by the pattern of that name.
    const marks: PackageMarks = { ...old, ...added, ...(added.all && { root: true }) };
    pkg.marks = marks;
    const isNew = marks.all !== old.all || marks.root !== old.root || marks.loaded !== old.loaded;
    if (!isNew || marks.loaded === undefined) return;
    if (pkg.testOf === undefined && this.#wantsTest(pkg)) this.#addTest(pkg);
    if (marks.all) for (const imported of pkg.imports) this.#mark(imported, { all: true });
  }

  #wantsTest(pkg: LoadedPackage): boolean {
    const { tests, allClosesOverTests } = this.#options;
    const { all, root } = pkg.marks;
    return pkg.isMain || (allClosesOverTests && all === true) || (tests && root === true);
  }

  #addTest(pkg: LoadedPackage): void {
    const closes = pkg.isMain || (this.#options.allClosesOverTests && pkg.marks.all === true);
    const marks: PackageMarks = closes ? { all: true } : {};
    if (pkg.test === undefined) {
      pkg.test = new LoadedPackage(pkg.path, pkg);
      pkg.test.imports = pkg.testImports.map((path) => this.#package(path, {}));
      this.#mark(pkg.test, { ...marks, loaded: true });
    } else {
      this.#mark(pkg.test, marks);
    }
  }
}

/** All packages that roots lead to, breadth first, each with what led to it first (modload, buildStacks). */
function orderByDistance(roots: readonly LoadedPackage[]): LoadedPackage[] {
  const ordered = [...new Set(roots)];
  const seen = new Set(ordered);
  for (const pkg of ordered) {
    const next = pkg.test === undefined ? pkg.imports : [...pkg.imports, pkg.test];
    for (const imported of next) {
      if (seen.has(imported)) continue;
      seen.add(imported);
      imported.importedBy = pkg;
      ordered.push(imported);
    }
  }
  return ordered;
}

import { compareBytes } from "../module/byte_order.ts";
import { compareGoVersions } from "../module/go_version.ts";
import type { GraphNode } from "../module/mvs.ts";
import { nodeKey } from "../module/mvs_graph.ts";
import type { BuildListLoader } from "./build_list_loader.ts";
import { ignoreRule } from "./ignore_rule.ts";
import type { LoadedPackage } from "./loaded_package.ts";
import type { ModuleTrees } from "./module_trees.ts";
import { PackageFinder } from "./package_finder.ts";
import { PackageLoad } from "./package_load.ts";
import { importPathOf } from "./package_tree.ts";
import { type Requirements, rootVersion } from "./requirements.ts";
import type { StandardLibrary } from "./standard_library.ts";

/** Before this version of Go, tests of dependencies were in "all" with what they import (gover.NarrowAllVersion). */
const NARROW_ALL_VERSION = "1.16";

/** What packages are loaded with. */
export interface PackageLoaderParts {
  readonly loader: BuildListLoader;
  readonly trees: ModuleTrees;
  readonly standard: StandardLibrary;
}

/** How to load the packages in "all". */
export interface AllPackagesOptions {
  /** Leaves out tests of dependencies, as go mod vendor does. */
  readonly vendor: boolean;
  /** Follows imports of the standard library. */
  readonly standard: boolean;
}

/** The packages in "all", with the requirements that they were loaded with. */
export interface AllPackages {
  readonly load: PackageLoad;
  readonly requirements: Requirements;
}

/** Loads the packages of a project and of its dependencies (cmd/go/internal/modload, loadFromRoots). */
export class PackageLoader {
  readonly #parts: PackageLoaderParts;

  constructor(parts: PackageLoaderParts) {
    this.#parts = parts;
  }

  /**
   * Requirements with which the modules of some packages are required by the main module itself, as the go command has it
   * for packages on its command line (the argument invariant of golang.org/design/36460-lazy-module-loading).
   *
   * @returns the same requirements if they are so; otherwise others, with which the packages may be in other modules
   * @throws as BuildListLoader.expand
   */
  async promote(paths: readonly string[], requirements: Requirements): Promise<Requirements> {
    if (requirements.pruning !== "pruned") return requirements;
    const finder = new PackageFinder(requirements, this.#parts);
    const locations = await Promise.all(paths.map(async (path) => await finder.find(path)));
    const modules = locations.flatMap((found) => (found.kind === "module" ? found.module : []));
    const added = uniqueNodes(modules).filter(
      ({ path, version }) => rootVersion(requirements, path) !== version,
    );
    return added.length === 0 ? requirements : await this.#parts.loader.raise(requirements, added);
  }

  /**
   * Loads the packages in "all". Requirements that turn out to be incomplete are completed, and what they change is loaded
   * again.
   *
   * @throws as BuildListLoader.expand and PackageLoad.load
   */
  async loadAll(start: Requirements, options: AllPackagesOptions): Promise<AllPackages> {
    const { loader, standard } = this.#parts;
    const tools = this.#tools();
    const roots = [...this.#mainPackages(), ...tools];
    let requirements =
      start.pruning === "unpruned" ? (await loader.expand(start)).requirements : start;
    for (;;) {
      requirements = await loader.prune(requirements);
      const promoted = await this.promote([...tools], requirements);
      if (promoted !== requirements) {
        requirements = promoted;
        continue;
      }
      const finder = new PackageFinder(requirements, this.#parts);
      const go = rootVersion(requirements, "go") ?? "";
      const load = await PackageLoad.load(roots, finder, standard, {
        tests: !options.vendor,
        allClosesOverTests: !options.vendor && compareGoVersions(go, NARROW_ALL_VERSION) < 0,
        tools,
        standard: options.standard,
      });
      const completed = await this.#complete(requirements, load.packages);
      const isSettled = !(await this.#isAffected(load.packages, requirements, completed));
      if (isSettled) return { load, requirements: completed };
      requirements = completed;
    }
  }

  /** The import paths of the main modules' packages, sorted. */
  #mainPackages(): string[] {
    const { project } = this.#parts.loader;
    const paths = project.goMods.flatMap(({ goMod }) => {
      const path = goMod.module ?? "";
      const tree = this.#parts.trees.get({ path, version: "" });
      if (tree instanceof Promise) return [];
      const isIgnored = ignoreRule(goMod.ignore);
      return [...tree.directories()]
        .filter((directory) => !isIgnored(directory) && tree.imports(directory) !== undefined)
        .map((directory) => importPathOf(path, directory));
    });
    return [...new Set(paths)].sort(compareBytes);
  }

  #tools(): Set<string> {
    return new Set(this.#parts.loader.project.goMods.flatMap(({ goMod }) => goMod.tool));
  }

  /** The module of each package in "all" is required by the main module itself (modload, updateRequirements). */
  async #complete(
    requirements: Requirements,
    packages: readonly LoadedPackage[],
  ): Promise<Requirements> {
    const modules = uniqueNodes(
      packages.flatMap(({ marks, module }) =>
        marks.root === undefined || module === undefined || module.version === "" ? [] : module,
      ),
    );
    const isRoot = ({ path }: GraphNode): boolean => rootVersion(requirements, path) !== undefined;
    const added = modules.filter((module) => !isRoot(module));
    const relevant = modules.filter(isRoot);
    return await this.#parts.loader.raise(requirements, added, relevant);
  }

  /** Whether packages would be found elsewhere with other requirements. */
  async #isAffected(
    packages: readonly LoadedPackage[],
    before: Requirements,
    after: Requirements,
  ): Promise<boolean> {
    if (after === before) return false;
    if (rootVersion(after, "go") !== rootVersion(before, "go")) return true;
    const graph = await this.#parts.loader.graph(after);
    const finder = new PackageFinder(after, this.#parts);
    for (const { path, module, location, testOf } of packages) {
      if (testOf !== undefined) continue;
      if (module !== undefined && graph.selected(module.path) !== module.version) return true;
      if (location?.kind !== "missing" && location?.kind !== "ambiguous") continue;
      if ((await finder.find(path)).kind === "module") return true;
    }
    return false;
  }
}

function uniqueNodes(nodes: readonly GraphNode[]): GraphNode[] {
  return [...new Map(nodes.map((node) => [nodeKey(node), node])).values()];
}

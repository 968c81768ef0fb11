import { isGomodfsError } from "../lib/gomodfs_error.ts";
import { isGoOrToolchain } from "../module/go_requirement.ts";
import type { GraphNode } from "../module/mvs.ts";
import { NONE } from "../module/mvs_graph.ts";
import { checkImportPath } from "../module/path.ts";
import type { BuildListLoader } from "./build_list_loader.ts";
import type { ModuleGraph } from "./module_graph.ts";
import type { ModuleTrees } from "./module_trees.ts";
import type { PackageTree } from "./package_tree.ts";
import type { Requirements } from "./requirements.ts";
import type { StandardLibrary } from "./standard_library.ts";

/** Where a package is. */
export type PackageLocation =
  | {
      readonly kind: "module";
      readonly module: GraphNode;
      readonly tree: PackageTree;
      /** Relative to the module's root. */
      readonly directory: string;
    }
  | { readonly kind: "standard" }
  /** No module has it, or no package can have this path. */
  | { readonly kind: "missing" }
  /** Several have it. */
  | { readonly kind: "ambiguous" }
  /** A module that may have it cannot be had. */
  | { readonly kind: "failed"; readonly error: unknown };

interface Candidate {
  readonly module: GraphNode;
  readonly tree: PackageTree | Promise<PackageTree>;
  readonly directory: string;
}

const MISSING: PackageLocation = { kind: "missing" };
const AMBIGUOUS: PackageLocation = { kind: "ambiguous" };
const STANDARD: PackageLocation = { kind: "standard" };

/**
 * Finds the module that provides a package: exactly one of those whose paths its import path begins with. The required
 * modules are asked first, and the rest of the module graph only where they do not have it (cmd/go/internal/modload,
 * importFromModules).
 */
export class PackageFinder {
  readonly #requirements: Requirements;
  readonly #loader: BuildListLoader;
  readonly #trees: ModuleTrees;
  readonly #standard: StandardLibrary;
  readonly #rootVersions: ReadonlyMap<string, string>;
  #graph: ModuleGraph | undefined;

  constructor(
    requirements: Requirements,
    parts: {
      readonly loader: BuildListLoader;
      readonly trees: ModuleTrees;
      readonly standard: StandardLibrary;
    },
  ) {
    this.#requirements = requirements;
    this.#loader = parts.loader;
    this.#trees = parts.trees;
    this.#standard = parts.standard;
    // Sorted: the highest of several versions comes last.
    const { roots, mains } = requirements;
    this.#rootVersions = new Map([...roots, ...mains].map(({ path, version }) => [path, version]));
  }

  /**
   * Where the package of an import path is; at once if all that must be looked at is at hand.
   *
   * @throws what loading the module graph throws
   */
  find(path: string): PackageLocation | Promise<PackageLocation> {
    if (!isImportPath(path)) return MISSING;
    const isStandard = this.#standard.has(path);
    if (this.#graph !== undefined || this.#requirements.pruning === "unpruned") {
      return this.#findInGraph(path, isStandard);
    }
    const location = this.#findIn(path, isStandard, (prefix) => this.#rootVersions.get(prefix));
    if (!(location instanceof Promise)) {
      return location.kind === "missing" ? this.#findInGraph(path, isStandard) : location;
    }
    return location.then((found) =>
      found.kind === "missing" ? this.#findInGraph(path, isStandard) : found,
    );
  }

  #findInGraph(path: string, isStandard: boolean): PackageLocation | Promise<PackageLocation> {
    const graph = this.#graph;
    if (graph !== undefined)
      return this.#findIn(path, isStandard, (prefix) => graph.selected(prefix));
    return this.#loader.graph(this.#requirements).then((loaded) => {
      this.#graph = loaded;
      return this.#findInGraph(path, isStandard);
    });
  }

  #findIn(
    path: string,
    isStandard: boolean,
    versionOf: (prefix: string) => string | undefined,
  ): PackageLocation | Promise<PackageLocation> {
    try {
      const candidates = this.#candidates(path, versionOf);
      const waiting = candidates.flatMap(({ tree }) => (tree instanceof Promise ? [tree] : []));
      if (waiting.length === 0) return this.#choose(candidates, isStandard);
      return Promise.all(waiting).then(() => this.#findIn(path, isStandard, versionOf), failure);
    } catch (error) {
      return failure(error);
    }
  }

  #candidates(path: string, versionOf: (prefix: string) => string | undefined): Candidate[] {
    const candidates: Candidate[] = [];
    for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
      const prefix = path.slice(0, end);
      // The module that stands for the go line has no package go/ast.
      if (isGoOrToolchain(prefix)) continue;
      const version = versionOf(prefix);
      if (version === undefined || version === NONE) continue;
      const module = { path: prefix, version };
      candidates.push({ module, tree: this.#trees.get(module), directory: path.slice(end + 1) });
    }
    return candidates;
  }

  #choose(candidates: readonly Candidate[], isStandard: boolean): PackageLocation {
    const found = candidates.flatMap(({ module, tree, directory }) =>
      !(tree instanceof Promise) && tree.hasGoFiles(directory)
        ? [{ kind: "module", module, tree, directory } as const]
        : [],
    );
    const [first, second] = found;
    if (first === undefined) return isStandard ? STANDARD : MISSING;
    const isAmbiguous = second !== undefined || (isStandard && this.#standard.isKnown);
    return isAmbiguous ? AMBIGUOUS : first;
  }
}

function failure(error: unknown): PackageLocation {
  if (isGomodfsError(error)) return { kind: "failed", error };
  throw error;
}

function isImportPath(path: string): boolean {
  try {
    checkImportPath(path);
    return true;
  } catch {
    return false;
  }
}

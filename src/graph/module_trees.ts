import { statSync } from "node:fs";
import { checkHash } from "../cache/checksums.ts";
import type { ModuleCache } from "../cache/module_cache.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { GoSum } from "../module/go_sum.ts";
import { formatModuleVersion, type ModuleVersion } from "../module/module_version.ts";
import type { GraphNode } from "../module/mvs.ts";
import { nodeKey } from "../module/mvs_graph.ts";
import { parseModuleVersion } from "../module/path.ts";
import type { ModuleReader, StoredModule } from "../store/module_store.ts";
import { LocalPackageTree } from "./local_package_tree.ts";
import type { PackageTree } from "./package_tree.ts";
import { resolveNode } from "./project_go_mods.ts";
import type { GraphProject } from "./requirements.ts";
import { StoredPackageTree } from "./stored_package_tree.ts";

/** Where the files of modules are, or are fetched into. */
export interface ModuleFilesCache extends Pick<ModuleCache, "ensure"> {
  readonly store: Pick<ModuleReader, "openModule">;
}

/** The packages of a project's modules, each fetched when it is first looked at. */
export class ModuleTrees {
  readonly #project: GraphProject;
  readonly #cache: ModuleFilesCache;
  readonly #sums: GoSum;
  readonly #trees = new Map<string, PackageTree | Promise<PackageTree>>();

  constructor(project: GraphProject, cache: ModuleFilesCache, sums: GoSum) {
    this.#project = project;
    this.#cache = cache;
    this.#sums = sums;
  }

  /**
   * The packages of a module of the build list; at once if its files are at hand.
   *
   * @throws GomodfsError `SECURITY` if its files are not what go.sum says, `INVALID` if it is replaced by a directory that
   * does not exist, and what fetching it throws
   */
  get(node: GraphNode): PackageTree | Promise<PackageTree> {
    const key = nodeKey(node);
    const known = this.#trees.get(key);
    if (known !== undefined) return known;
    const tree = this.#open(node);
    this.#trees.set(key, tree);
    if (tree instanceof Promise) {
      tree.then(
        (opened) => this.#trees.set(key, opened),
        () => {},
      );
    }
    return tree;
  }

  #open(node: GraphNode): PackageTree | Promise<PackageTree> {
    const { goMods, replacements } = this.#project;
    const main =
      node.version === "" ? goMods.find(({ goMod }) => goMod.module === node.path) : undefined;
    if (main !== undefined) return new LocalPackageTree(main.directory);
    const resolved = resolveNode(node, replacements);
    if (resolved.kind === "directory") return openDirectory(resolved.directory, resolved.written);
    const id = parseModuleVersion(resolved.path, resolved.version);
    const resident = this.#cache.store.openModule(id);
    return resident === undefined ? this.#fetch(id) : this.#verified(resident);
  }

  async #fetch(id: ModuleVersion): Promise<PackageTree> {
    await this.#cache.ensure(id, "zip");
    const module = this.#cache.store.openModule(id);
    if (module !== undefined) return this.#verified(module);
    throw new GomodfsError("STORE", `${formatModuleVersion(id)} was stored and is not there`);
  }

  #verified(module: StoredModule): PackageTree {
    const hashes = this.#sums.hashes(module.id, "zip");
    if (hashes.size > 0) checkHash(module.id, "zip", module.h1, { source: "go.sum", hashes });
    return new StoredPackageTree(module);
  }
}

function openDirectory(directory: string, written: string): PackageTree {
  if (statSync(directory, { throwIfNoEntry: false }) !== undefined) {
    return new LocalPackageTree(directory);
  }
  throw new GomodfsError("INVALID", `replacement directory ${written} does not exist`);
}

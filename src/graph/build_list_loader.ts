import { GomodfsError } from "../lib/gomodfs_error.ts";
import { compareNodeVersions, isStrictGoVersion, sortNodes } from "../module/go_requirement.ts";
import { compareGoVersions } from "../module/go_version.ts";
import { type GraphNode, minimalRequirements } from "../module/mvs.ts";
import { nodeKey } from "../module/mvs_graph.ts";
import { pruningOf } from "./go_mod_summary.ts";
import { ModuleGraph } from "./module_graph.ts";
import { ProjectGoModReader } from "./project_go_mods.ts";
import { requirementError } from "./requirement_error.ts";
import {
  type GraphProject,
  type Requirements,
  requirementsOf,
  rootVersion,
} from "./requirements.ts";
import type { VerifiedGoMods } from "./verified_go_mods.ts";

/** What the go command's -mod says of go.mod: whether requirements that contradict the graph are an error, or are raised. */
export type BuildMod = "mod" | "readonly";

/** Loads the module graph of a project and makes its requirements consistent with it (cmd/go/internal/modload, buildlist.go). */
export class BuildListLoader {
  readonly project: GraphProject;
  readonly goMods: VerifiedGoMods;
  readonly buildMod: BuildMod;
  readonly #reader: ProjectGoModReader;
  readonly #graphs = new WeakMap<Requirements, Promise<ModuleGraph>>();

  constructor(project: GraphProject, goMods: VerifiedGoMods, buildMod: BuildMod) {
    this.project = project;
    this.goMods = goMods;
    this.buildMod = buildMod;
    this.#reader = new ProjectGoModReader(project, goMods);
  }

  /**
   * The requirements in the project's files, each path once.
   *
   * @throws as {@linkcode graph}
   */
  async requirements(): Promise<Requirements> {
    const requirements = requirementsOf(this.project);
    if (requirements.pruning === "workspace") return requirements;
    const paths = new Set(requirements.mains.map(({ path }) => path));
    const isRedundant = ({ path }: GraphNode): boolean => paths.size === paths.add(path).size;
    return requirements.roots.some(isRedundant) ? await this.raise(requirements) : requirements;
  }

  /**
   * The module graph behind requirements, loaded once.
   *
   * @throws GomodfsError whatever keeps a go.mod file from being read, with the requirements that lead to it; `TOO_LARGE`
   */
  async graph(requirements: Requirements): Promise<ModuleGraph> {
    const known = this.#graphs.get(requirements);
    if (known !== undefined) return await known;
    const loading = this.#load(requirements);
    this.#graphs.set(requirements, loading);
    return await loading;
  }

  /**
   * The whole graph, with requirements that agree with it (modload, expandGraph).
   *
   * @throws as {@linkcode graph}; `INVALID` in mode `readonly` if go.mod would have to change
   */
  async expand(
    requirements: Requirements,
  ): Promise<{ readonly requirements: Requirements; readonly graph: ModuleGraph }> {
    const graph = await this.graph(requirements);
    const roots = requirements.pruning === "workspace" ? requirements.mains : requirements.roots;
    if (roots.every(({ path, version }) => graph.selected(path) === version)) {
      return { requirements, graph };
    }
    const raised = await this.raise(requirements);
    return { requirements: raised, graph: await this.graph(raised) };
  }

  /**
   * The graph as a version of Go loads it, with requirements as they are in the files (modload, LoadModGraph).
   *
   * @throws as {@linkcode graph}; `USAGE` for a version below the one that go.mod asks for
   */
  async graphAsOf(requirements: Requirements, go: string): Promise<ModuleGraph> {
    const required = rootVersion(requirements, "go") ?? "";
    if (isStrictGoVersion(required) && compareGoVersions(go, required) < 0) {
      throw new GomodfsError(
        "USAGE",
        `requested Go version ${go} cannot load module graph (requires Go >= ${required})`,
      );
    }
    const isUnpruned = requirements.pruning === "pruned" && pruningOf(go) === "unpruned";
    return await this.graph(isUnpruned ? { ...requirements, pruning: "unpruned" } : requirements);
  }

  /**
   * Requirements of which each path is there once, at the version that the graph selects (modload, updateRoots).
   *
   * @param added modules that are to be roots too; in a workspace and without pruning they change nothing
   * @param relevant roots whose own requirements are looked at even if the graph has not been loaded
   * @throws as {@linkcode expand}
   */
  async raise(
    requirements: Requirements,
    added: readonly GraphNode[] = [],
    relevant: readonly GraphNode[] = [],
  ): Promise<Requirements> {
    switch (requirements.pruning) {
      case "workspace":
        return requirements;
      case "unpruned":
        return await this.#raiseUnpruned(requirements);
      case "pruned":
        return await this.#raisePruned(requirements, added, relevant);
    }
  }

  /** Requirements for packages of a module whose go line came to be another than go.mod's (modload, convertPruning). */
  async prune(requirements: Requirements): Promise<Requirements> {
    const pruning = pruningOf(rootVersion(requirements, "go"));
    if (requirements.pruning === "workspace" || requirements.pruning === pruning)
      return requirements;
    const graph = await this.graph(requirements);
    const roots = graph.buildList().slice(requirements.mains.length);
    return { ...requirements, roots: sortNodes(roots), pruning };
  }

  async #load(requirements: Requirements): Promise<ModuleGraph> {
    const graph = await ModuleGraph.load(requirements, this.#reader);
    const path = graph.findPath((node) => this.goMods.failure(node) !== undefined);
    const failed = path.at(-1);
    if (failed === undefined) return graph;
    throw requirementError(path, this.#standIn(failed), this.goMods.failure(failed));
  }

  #standIn({ path, version }: GraphNode): string | undefined {
    const resolved = this.project.replacements.find(path, version);
    if (resolved === undefined) return undefined;
    return resolved.kind === "module" ? nodeKey(resolved) : resolved.directory;
  }

  async #raiseUnpruned(requirements: Requirements): Promise<Requirements> {
    const { mains, roots, direct } = requirements;
    const [main] = mains;
    const graph = await this.graph(requirements);
    const isSelected = ({ path, version }: GraphNode): boolean => graph.selected(path) === version;
    if (this.buildMod === "readonly") {
      if (roots.every(isSelected)) return requirements;
      throw this.#outdated();
    }
    if (main === undefined) return requirements;
    const list = graph.buildList().slice(mains.length);
    const kept = [...roots.filter(isSelected), ...list.filter(({ path }) => direct.has(path))];
    const paths = kept.map(({ path }) => path);
    const minimal = await minimalRequirements(main, paths, {
      compare: compareNodeVersions,
      required: async (node) =>
        nodeKey(node) === nodeKey(main) ? list : (graph.requiredBy(node) ?? []),
    });
    return this.#withRoots(requirements, minimal);
  }

  async #raisePruned(
    requirements: Requirements,
    added: readonly GraphNode[],
    relevant: readonly GraphNode[],
  ): Promise<Requirements> {
    let current = requirements;
    const higher = added.filter((node) => isAboveRoot(node, requirements));
    let roots = sortNodes([...requirements.roots, ...higher]);
    for (let isRaised = higher.length > 0; ; ) {
      if (isRaised && this.buildMod === "readonly") throw this.#outdated();
      if (isRaised) current = { ...current, roots };
      const graph =
        isRaised || this.#graphs.has(current) || !this.#agrees(current, relevant)
          ? await this.graph(current)
          : undefined;
      roots = uniqueRoots(current, graph);
      isRaised = roots.some(({ path, version }) => !hasRoot(current, path, version));
      if (isRaised) continue;
      return this.buildMod === "readonly" ? current : this.#withRoots(current, roots);
    }
  }

  /** Whether what some roots require is no more than what the roots are (modload, spotCheckRoots). */
  #agrees(requirements: Requirements, relevant: readonly GraphNode[]): boolean {
    return relevant.every((node) => {
      const summary = this.#reader.summary(node);
      if (summary === undefined || summary instanceof Promise) return false;
      return summary.require.every((required) => !isAboveRoot(required, requirements, "absent"));
    });
  }

  #withRoots(requirements: Requirements, roots: readonly GraphNode[]): Requirements {
    const isSame =
      roots.length === requirements.roots.length &&
      roots.every((root, index) => nodeKey(root) === nodeKeyAt(requirements.roots, index));
    return isSame ? requirements : { ...requirements, roots };
  }

  #outdated(): GomodfsError {
    return new GomodfsError("INVALID", "updates to go.mod needed; to update it:\n\tgo mod tidy");
  }
}

/** @param absent whether a path that is no root counts as one below all versions */
function isAboveRoot(
  { path, version }: GraphNode,
  requirements: Requirements,
  absent?: "absent",
): boolean {
  const root = rootVersion(requirements, path);
  if (root === undefined) return absent === undefined;
  return compareNodeVersions(path, root, version) < 0;
}

function hasRoot({ roots }: Requirements, path: string, version: string): boolean {
  return roots.some((root) => root.path === path && root.version === version);
}

/** Each path of the roots but the main modules once, at its selected version, or at the highest among the roots. */
function uniqueRoots(requirements: Requirements, graph: ModuleGraph | undefined): GraphNode[] {
  const mains = new Set(requirements.mains.map(({ path }) => path));
  const paths = new Set(requirements.roots.map(({ path }) => path));
  return [...paths.difference(mains)].map((path) => ({
    path,
    version: graph?.selected(path) ?? rootVersion(requirements, path) ?? "",
  }));
}

function nodeKeyAt(nodes: readonly GraphNode[], index: number): string {
  const node = nodes[index];
  return node === undefined ? "" : nodeKey(node);
}

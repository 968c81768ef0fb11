import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { ModuleVersion } from "../module/module_version.ts";
import type { GraphNode } from "../module/mvs.ts";
import { nodeKey } from "../module/mvs_graph.ts";
import { isCanonical, parseModuleVersion } from "../module/path.ts";
import { readDirectoryGoMod } from "../project/directory_go_mod.ts";
import type { Replacements, ResolvedModule } from "../project/replacements.ts";
import { summarize } from "./go_mod_summary.ts";
import type { GoModReader, GoModSummary } from "./module_graph.ts";
import type { GraphProject } from "./requirements.ts";

/** Gives the go.mod files of modules, which somebody fetches and keeps. */
export interface ModuleGoMods {
  /**
   * @param node what the module stands for in the graph: itself, or what it replaces
   * @returns undefined if it cannot be had, which is this one's to report
   */
  summary(
    id: ModuleVersion,
    node: GraphNode,
  ): GoModSummary | undefined | Promise<GoModSummary | undefined>;
}

/** Reads the go.mod files of a project's graph: those of modules, or of the directories that replace modules. */
export class ProjectGoModReader implements GoModReader {
  readonly #project: GraphProject;
  readonly #mains: ReadonlyMap<string, GoModSummary>;
  readonly #goMods: ModuleGoMods;

  constructor(project: GraphProject, goMods: ModuleGoMods) {
    this.#project = project;
    this.#mains = new Map(
      project.goMods.map(({ goMod }) => [goMod.module ?? "", summarize(goMod)]),
    );
    this.#goMods = goMods;
  }

  summary(node: GraphNode): GoModSummary | undefined | Promise<GoModSummary | undefined> {
    const summary = this.#read(node);
    return summary instanceof Promise
      ? summary.then((loaded) => this.#withoutExcluded(loaded))
      : this.#withoutExcluded(summary);
  }

  #read(node: GraphNode): GoModSummary | undefined | Promise<GoModSummary | undefined> {
    const main = node.version === "" ? this.#mains.get(node.path) : undefined;
    if (main !== undefined) return main;
    const resolved = resolveNode(node, this.#project.replacements);
    return resolved.kind === "directory"
      ? readDirectoryGoMod(resolved.directory).then(summarize)
      : this.#goMods.summary(parseModuleVersion(resolved.path, resolved.version), node);
  }

  #withoutExcluded(summary: GoModSummary | undefined): GoModSummary | undefined {
    const { excluded } = this.#project;
    if (summary === undefined || excluded.size === 0) return summary;
    const require = summary.require.filter((node) => !excluded.has(nodeKey(node)));
    return { ...summary, require };
  }
}

/**
 * What stands in the place of a node of the graph.
 *
 * @throws GomodfsError `INVALID` if the node has no canonical version, which no go.mod file can ask for
 */
export function resolveNode({ path, version }: GraphNode, by: Replacements): ResolvedModule {
  if (isCanonical(version)) return by.resolve({ path, version });
  throw new GomodfsError("INVALID", `${path}@${version} is not a module version`);
}

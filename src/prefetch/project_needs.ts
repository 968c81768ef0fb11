import type { ModulePart } from "../cache/module_cache.ts";
import { namesAllRequirements } from "../graph/go_mod_summary.ts";
import { type GraphStart, ModuleGraph } from "../graph/module_graph.ts";
import { ProjectGoModReader, resolveNode } from "../graph/project_go_mods.ts";
import { type GraphProject, requirementsOf } from "../graph/requirements.ts";
import { isGoOrToolchain } from "../module/go_requirement.ts";
import { compareGoVersions } from "../module/go_version.ts";
import type { ModuleVersion } from "../module/module_version.ts";
import type { GraphNode } from "../module/mvs.ts";
import { parseModuleVersion } from "../module/path.ts";
import type { CachedGoMods } from "./cached_go_mods.ts";

/** Which zips a project needs: those of the modules that its go.mod requires, or those of its whole build list. */
export type ZipScope = "required" | "build list";

/**
 * Which zips `go mod download` fetches (cmd/go/internal/modcmd, runDownload).
 *
 * @param all also what tests of dependencies need
 */
export function zipScope({ kind, goMods }: GraphProject, all: boolean): ZipScope {
  const [main] = goMods;
  const named = kind === "module" && namesAllRequirements(main?.goMod.go);
  return named && !all ? "required" : "build list";
}

/**
 * Loads the module graph of a project, and tells of all parts without which the project is not complete: besides the
 * go.mod files of the graph, .info of the build list (`go list -m all`), .mod and .zip of those modules whose zips are
 * needed. The go.mod file of a module that is selected but pruned is read only if go.sum has its hash.
 *
 * @throws GomodfsError `INVALID` for a requirement that no source can serve or a replacement that is missing, `TOO_LARGE`
 */
export async function forEachNeed(
  project: GraphProject,
  all: boolean,
  goMods: CachedGoMods,
  need: (id: ModuleVersion, part: ModulePart) => void,
): Promise<void> {
  const scope = zipScope(project, all);
  const required = new Set(project.goMods.flatMap(({ goMod }) => goMod.require.map(pathOf)));
  const reader = new ProjectGoModReader(project, goMods);
  for (const start of graphStarts(project, all)) {
    const graph = await ModuleGraph.load(start, reader);
    for (const node of graph.buildList()) {
      if (node.version === "" || isGoOrToolchain(node.path)) continue;
      const id = fetchedModule(node, project);
      if (id === undefined) continue;
      need(id, "info");
      if (scope === "required" && !required.has(node.path)) continue;
      need(id, "mod");
      need(id, "zip");
    }
  }
}

/**
 * `go mod tidy` also loads the graph as the Go version before sees it (modload, tidyCompatVersion): for a go line of 1.17 that
 * is one without pruning.
 */
function graphStarts(project: GraphProject, all: boolean): GraphStart[] {
  const start = requirementsOf(project);
  const go = project.goMods[0]?.goMod.go ?? "";
  const isTidiedFor116 = all && start.pruning === "pruned" && compareGoVersions(go, "1.18") < 0;
  return isTidiedFor116 ? [start, { ...start, pruning: "unpruned" }] : [start];
}

function fetchedModule(node: GraphNode, { replacements }: GraphProject): ModuleVersion | undefined {
  const resolved = resolveNode(node, replacements);
  if (resolved.kind === "directory") return undefined;
  return parseModuleVersion(resolved.path, resolved.version);
}

function pathOf({ path }: { readonly path: string }): string {
  return path;
}

import { isGomodfsError } from "../lib/gomodfs_error.ts";
import { isGoOrToolchain } from "../module/go_requirement.ts";
import type { GoSum } from "../module/go_sum.ts";
import type { ModuleVersion } from "../module/module_version.ts";
import { parseModuleVersion } from "../module/path.ts";
import type { ModuleReader } from "../store/module_store.ts";
import { verifyModule } from "../store/verify_module.ts";
import type { ModuleGraph } from "./module_graph.ts";
import { resolveNode } from "./project_go_mods.ts";
import type { GraphProject } from "./requirements.ts";

/** What is wrong with a stored module. */
export interface ModuleProblem {
  readonly id: ModuleVersion;
  readonly reason: string;
}

/**
 * Reads every stored byte of the modules of a build list again, in its order. What is not stored need not be verified.
 *
 * @param sums what go.sum says
 */
export function* verifyBuildList(
  graph: ModuleGraph,
  { replacements }: GraphProject,
  store: Pick<ModuleReader, "openModule">,
  sums: GoSum,
): Generator<ModuleProblem> {
  for (const node of graph.buildList()) {
    if (node.version === "" || isGoOrToolchain(node.path)) continue;
    const resolved = resolveNode(node, replacements);
    if (resolved.kind === "directory") continue;
    const id = parseModuleVersion(resolved.path, resolved.version);
    const reason = problemOf(id, store, sums);
    if (reason !== undefined) yield { id, reason };
  }
}

function problemOf(
  id: ModuleVersion,
  store: Pick<ModuleReader, "openModule">,
  sums: GoSum,
): string | undefined {
  try {
    const module = store.openModule(id);
    if (module === undefined) return undefined;
    const hashes = sums.hashes(id, "zip");
    if (hashes.size > 0 && !hashes.has(module.h1)) {
      return `checksum mismatch\n\tstored: ${module.h1}\n\tgo.sum: ${[...hashes].join(" ")}`;
    }
    const verified = verifyModule(module);
    return verified.ok ? undefined : `zip has been modified (${verified.reason})`;
  } catch (error) {
    if (isGomodfsError(error)) return `zip has been modified (${error.message})`;
    throw error;
  }
}

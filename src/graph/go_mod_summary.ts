import type { GoMod } from "../module/go_mod.ts";
import { isStrictGoVersion } from "../module/go_requirement.ts";
import { compareGoVersions } from "../module/go_version.ts";
import type { GoModSummary, Pruning } from "./module_graph.ts";

/** The first Go version whose go.mod files name all that their packages need (cmd/go/internal/gover, ExplicitIndirectVersion). */
const EXPLICIT_INDIRECT_VERSION = "1.17";

/** Whether a go.mod file with this go line names all that its packages need. */
export function namesAllRequirements(go: string | undefined): boolean {
  return go !== undefined && compareGoVersions(go, EXPLICIT_INDIRECT_VERSION) >= 0;
}

/** How far the requirements of a main module with this go line are followed (modload, pruningForGoVersion). */
export function pruningOf(go: string | undefined): Exclude<Pruning, "workspace"> {
  return namesAllRequirements(go) ? "pruned" : "unpruned";
}

/** What a go.mod file says to the graph (cmd/go/internal/modload, summaryFromModFile). */
export function summarize({ require, go }: GoMod): GoModSummary {
  const nodes = require.map(({ path, version }) => ({ path, version: String(version) }));
  if (go !== undefined && isStrictGoVersion(go)) nodes.push({ path: "go", version: go });
  return { require: nodes, pruned: namesAllRequirements(go) };
}

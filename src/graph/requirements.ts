import { sortNodes } from "../module/go_requirement.ts";
import type { GraphNode } from "../module/mvs.ts";
import { nodeKey } from "../module/mvs_graph.ts";
import type { MainGoMod } from "../project/main_modules.ts";
import type { Replacements } from "../project/replacements.ts";
import { pruningOf } from "./go_mod_summary.ts";
import type { GraphStart } from "./module_graph.ts";

/** What go.mod and go.work files without a go line are taken to say (cmd/go/internal/gover, version.go). */
const DEFAULT_GO_MOD_VERSION = "1.16";
const DEFAULT_GO_WORK_VERSION = "1.18";

/** What decides on the module graph of a project. */
export interface GraphProject {
  readonly kind: "module" | "workspace";
  readonly goMods: readonly MainGoMod[];
  readonly replacements: Replacements;
  /** Module versions that no requirement counts for, as `path@version`. */
  readonly excluded: ReadonlySet<string>;
  /** The go line of go.work or go.mod. */
  readonly go: string | undefined;
  /** Its toolchain line. */
  readonly toolchain: string | undefined;
}

/** The requirements that a module graph begins with, and which of them are direct (cmd/go/internal/modload Requirements). */
export interface Requirements extends GraphStart {
  /** Paths that are required without `// indirect`; "go" too, unless it is a workspace. */
  readonly direct: ReadonlySet<string>;
}

/** The requirements in a project's files (cmd/go/internal/modload, requirementsFromModFiles). */
export function requirementsOf(project: GraphProject): Requirements {
  const { kind, goMods, excluded, toolchain } = project;
  const mains = goMods.map(({ goMod }) => ({ path: goMod.module ?? "", version: "" }));
  const required = goMods.flatMap(({ goMod }) => goMod.require);
  const isWorkspace = kind === "workspace";
  const counted = isWorkspace ? required : required.filter((node) => !excluded.has(nodeKey(node)));
  const direct = new Set(counted.flatMap(({ path, indirect }) => (indirect ? [] : [path])));
  const roots: readonly GraphNode[] = isWorkspace
    ? mains
    : counted.map(({ path, version }) => ({ path, version }));
  if (!isWorkspace) direct.add("go");
  const go = goVersionOf(project);
  const lines: GraphNode[] = [{ path: "go", version: go }];
  if (toolchain !== undefined) lines.push({ path: "toolchain", version: toolchain });
  return {
    mains,
    roots: sortNodes([...roots, ...lines]),
    pruning: isWorkspace ? "workspace" : pruningOf(go),
    direct,
  };
}

/** The go line of a project, or what stands for none. */
export function goVersionOf({ kind, go }: GraphProject): string {
  return go ?? (kind === "workspace" ? DEFAULT_GO_WORK_VERSION : DEFAULT_GO_MOD_VERSION);
}

/**
 * The version at which the roots have a path: "" for a main module (cmd/go/internal/modload, rootSelected).
 *
 * @returns undefined if it is no root
 */
export function rootVersion({ mains, roots }: GraphStart, path: string): string | undefined {
  if (mains.some((main) => main.path === path)) return "";
  // Roots are sorted: the last is the highest.
  return roots.findLast((root) => root.path === path)?.version;
}

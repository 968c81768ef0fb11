import { GomodfsError } from "../lib/gomodfs_error.ts";
import { type GoMod, parseGoModLax } from "../module/go_mod.ts";
import { compareGoVersions } from "../module/go_version.ts";
import { formatModuleVersion, type ModuleVersion } from "../module/module_version.ts";
import type { GraphNode } from "../module/mvs.ts";
import { isCanonical, parseModuleVersion } from "../module/path.ts";
import { readDirectoryGoMod } from "../project/directory_go_mod.ts";
import type { MainGoMod } from "../project/main_modules.ts";
import type { Replacements, ResolvedModule } from "../project/replacements.ts";
import type { GoModReader, GoModSummary, GraphStart, Pruning } from "./module_graph.ts";
import type { PartFetcher } from "./part_fetcher.ts";

/** The first Go version whose go.mod files name all that their packages need (cmd/go/internal/gover, ExplicitIndirectVersion). */
const EXPLICIT_INDIRECT_VERSION = "1.17";

/** What decides on the module graph of a project. */
export interface GraphProject {
  readonly kind: "module" | "workspace";
  readonly goMods: readonly MainGoMod[];
  readonly replacements: Replacements;
  readonly excluded: ReadonlySet<string>;
}

/** Whether a go.mod file with this go line names all that its packages need. */
export function namesAllRequirements(go: string | undefined): boolean {
  return go !== undefined && compareGoVersions(go, EXPLICIT_INDIRECT_VERSION) >= 0;
}

/** Where the graph of a project begins. */
export function graphStart({ kind, goMods, excluded }: GraphProject): GraphStart {
  const mainPaths = new Set(goMods.map(({ goMod }) => goMod.module ?? ""));
  if (kind === "workspace") {
    const roots = Array.from(mainPaths, (path) => ({ path, version: "" }));
    return { roots, pruning: "workspace", mainPaths };
  }
  const [main] = goMods;
  const roots = (main?.goMod.require ?? []).filter((node) => !excluded.has(keyOf(node)));
  const pruning: Pruning = namesAllRequirements(main?.goMod.go) ? "pruned" : "unpruned";
  return { roots, pruning, mainPaths };
}

/** Reads the go.mod files of a project's graph: from the cache, or from the directories that replace modules. */
export class ProjectGoModReader implements GoModReader {
  readonly #project: GraphProject;
  readonly #mains: ReadonlyMap<string, GoMod>;
  readonly #goMods: CachedGoMods;

  constructor(project: GraphProject, goMods: CachedGoMods) {
    this.#project = project;
    this.#mains = new Map(project.goMods.map(({ goMod }) => [goMod.module ?? "", goMod]));
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
    if (main !== undefined) return summarize(main);
    const resolved = resolveNode(node, this.#project.replacements);
    return resolved.kind === "directory"
      ? readDirectoryGoMod(resolved.directory).then(summarize)
      : this.#goMods.summary(parseModuleVersion(resolved.path, resolved.version));
  }

  #withoutExcluded(summary: GoModSummary | undefined): GoModSummary | undefined {
    const { excluded } = this.#project;
    if (summary === undefined || excluded.size === 0) return summary;
    const require = summary.require.filter((node) => !excluded.has(keyOf(node)));
    return { ...summary, require };
  }
}

/** The go.mod files of modules, each fetched and parsed once, however many projects need it. */
export class CachedGoMods {
  readonly #fetcher: PartFetcher;
  readonly #summaries = new Map<
    string,
    GoModSummary | undefined | Promise<GoModSummary | undefined>
  >();

  constructor(fetcher: PartFetcher) {
    this.#fetcher = fetcher;
  }

  /** @returns undefined if it cannot be had, which the fetcher tells */
  summary(id: ModuleVersion): GoModSummary | undefined | Promise<GoModSummary | undefined> {
    const key = formatModuleVersion(id);
    if (this.#summaries.has(key)) return this.#summaries.get(key);
    const content = this.#fetcher.goMod(id);
    const summary =
      content instanceof Promise
        ? content.then((bytes) => this.#parse(id, bytes))
        : this.#parse(id, content);
    this.#summaries.set(key, summary);
    return summary;
  }

  #parse(id: ModuleVersion, bytes: Uint8Array | undefined): GoModSummary | undefined {
    if (bytes === undefined) return undefined;
    const file = `${formatModuleVersion(id)}/go.mod`;
    try {
      return summarize(parseGoModLax(Buffer.from(bytes).toString("utf8"), file));
    } catch (error) {
      this.#fetcher.fail(id, "mod", error);
      return undefined;
    }
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

function summarize({ require, go }: GoMod): GoModSummary {
  return {
    require: require.map(({ path, version }) => ({ path, version })),
    pruned: namesAllRequirements(go),
  };
}

function keyOf({ path, version }: GraphNode): string {
  return `${path}@${version}`;
}

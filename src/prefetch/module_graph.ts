import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { GraphNode } from "../module/mvs.ts";
import { compare } from "../module/semver.ts";

/**
 * How far requirements are followed (golang.org/ref/mod, graph pruning; cmd/go/internal/modload modPruning): `pruned`, those
 * of roots only; `unpruned`, all; `workspace`, from the main modules of a workspace.
 */
export type Pruning = "pruned" | "unpruned" | "workspace";

/** What a go.mod file says to the graph. */
export interface GoModSummary {
  readonly require: readonly GraphNode[];
  /** Its go line is at least 1.17: it names all that its packages need, and the graph behind it can be pruned. */
  readonly pruned: boolean;
}

/** Gives the go.mod files of the graph. */
export interface GoModReader {
  /**
   * What the go.mod file of a node says, after replacement and without excluded versions. Asked once for each node, for
   * many at a time.
   *
   * @returns undefined if it cannot be had, which is the reader's to report: the graph goes on without it
   */
  summary(node: GraphNode): GoModSummary | undefined | Promise<GoModSummary | undefined>;
}

/** Where a graph begins. */
export interface GraphStart {
  /** The requirements of a single main module; the main modules of a workspace, whose version is "". */
  readonly roots: readonly GraphNode[];
  readonly pruning: Pruning;
  /** The paths of the main modules: whatever version of them is required, the main module is selected. */
  readonly mainPaths: ReadonlySet<string>;
}

/** The largest graphs in use have some thousands of nodes; a hostile source could make one without an end. */
const MAX_NODES = 100_000;

/** The module graph of a project as far as the go command loads it (cmd/go/internal/modload, readModGraph). */
export class ModuleGraph {
  readonly #reader: GoModReader;
  readonly #start: GraphStart;
  readonly #selected = new Map<string, string>();
  readonly #enqueued = new Set<string>();
  readonly #waiting: { readonly node: GraphNode; readonly pruning: Pruning }[] = [];
  readonly #summaries = new Map<string, GoModSummary | undefined | Promise<unknown>>();
  readonly #read = new Map<string, GraphNode>();
  #underWay = 0;
  #progress = Promise.withResolvers<void>();
  readonly #failed = Promise.withResolvers<never>();

  private constructor(start: GraphStart, reader: GoModReader) {
    this.#start = start;
    this.#reader = reader;
    // It may fail when nobody waits for it any more.
    this.#failed.promise.catch(() => {});
  }

  /**
   * Loads the graph.
   *
   * @throws GomodfsError `TOO_LARGE` for more than 100,000 nodes, and what the reader throws
   */
  static async load(start: GraphStart, reader: GoModReader): Promise<ModuleGraph> {
    const graph = new ModuleGraph(start, reader);
    for (const root of start.roots) {
      graph.#require(root);
      graph.#enqueue(root, start.pruning);
    }
    await graph.#drain();
    if (start.pruning === "workspace") await graph.#loadSelected();
    return graph;
  }

  /** The nodes whose go.mod files were asked for, main modules excepted. */
  get read(): readonly GraphNode[] {
    return [...this.#read.values()];
  }

  /** The build list without the main modules: of each path the highest version that anything requires. */
  buildList(): GraphNode[] {
    return [...this.#selected]
      .filter(([path]) => !this.#start.mainPaths.has(path))
      .map(([path, version]) => ({ path, version }));
  }

  /**
   * A workspace's main modules prune what their requirements' other versions do not need; where a version is not the one
   * that is required but a higher one, that one's requirements count too (the loop at the end of readModGraph).
   */
  async #loadSelected(): Promise<void> {
    const reached = new Set(this.#start.roots.map(({ path }) => path));
    const seen = new Set<string>();
    for (;;) {
      const nodes = [...reached].flatMap((path) => this.#raised(this.#select(path), seen));
      if (nodes.length === 0) return;
      for (const node of nodes) {
        seen.add(keyOf(node));
        reached.add(node.path);
        this.#enqueue(node, "workspace");
      }
      await this.#drain();
    }
  }

  /** A node itself if it is new, or those of its requirements that were raised to versions not seen yet. */
  #raised(node: GraphNode, seen: ReadonlySet<string>): GraphNode[] {
    if (!seen.has(keyOf(node))) return [node];
    const summary = this.#summaries.get(keyOf(node));
    if (summary === undefined || summary instanceof Promise) return [];
    return summary.require
      .map(({ path, version }) => ({ selected: this.#select(path), version }))
      .filter(({ selected, version }) => compareVersions(selected.version, version) > 0)
      .map(({ selected }) => selected)
      .filter((selected) => !seen.has(keyOf(selected)));
  }

  #select(path: string): GraphNode {
    const version = this.#start.mainPaths.has(path) ? "" : (this.#selected.get(path) ?? "");
    return { path, version };
  }

  /** Counts a requirement for the selection of versions. */
  #require({ path, version }: GraphNode): void {
    const selected = this.#selected.get(path);
    // Most often: comparing is the dearest step of loading a graph that is resident.
    if (selected === version) return;
    if (selected === undefined || compareVersions(selected, version) < 0) {
      this.#selected.set(path, version);
    }
  }

  #enqueue(node: GraphNode, pruning: Pruning): void {
    const key = `${keyOf(node)} ${pruning}`;
    if (this.#enqueued.has(key)) return;
    if (this.#enqueued.size === MAX_NODES) {
      throw new GomodfsError(
        "TOO_LARGE",
        `the module graph has more than ${MAX_NODES} module versions`,
      );
    }
    this.#enqueued.add(key);
    this.#waiting.push({ node, pruning });
  }

  /** Works until nothing waits and nothing is under way. */
  async #drain(): Promise<void> {
    for (;;) {
      for (let next = this.#waiting.pop(); next !== undefined; next = this.#waiting.pop()) {
        this.#visit(next.node, next.pruning);
      }
      if (this.#underWay === 0) return;
      await Promise.race([this.#progress.promise, this.#failed.promise]);
      this.#progress = Promise.withResolvers();
    }
  }

  #visit(node: GraphNode, pruning: Pruning): void {
    const summary = this.#summary(node);
    if (!(summary instanceof Promise)) {
      this.#expand(summary, pruning);
      return;
    }
    this.#underWay++;
    summary
      .then(() => this.#expand(this.#loaded(node), pruning))
      .catch((error: unknown) => this.#failed.reject(error))
      .finally(() => {
        this.#underWay--;
        this.#progress.resolve();
      });
  }

  /** What is at hand already is not awaited: with all modules resident a graph is loaded in one go. */
  #summary(node: GraphNode): GoModSummary | undefined | Promise<unknown> {
    const key = keyOf(node);
    if (this.#summaries.has(key)) return this.#summaries.get(key);
    if (node.version !== "") this.#read.set(key, node);
    const summary = this.#reader.summary(node);
    if (summary instanceof Promise) {
      const loading = summary.then((loaded) => this.#keep(key, loaded));
      this.#summaries.set(key, loading);
      return loading;
    }
    this.#keep(key, summary);
    return summary;
  }

  #keep(key: string, summary: GoModSummary | undefined): void {
    this.#summaries.set(key, summary);
    for (const requirement of summary?.require ?? []) this.#require(requirement);
  }

  #loaded(node: GraphNode): GoModSummary | undefined {
    const summary = this.#summaries.get(keyOf(node));
    return summary instanceof Promise ? undefined : summary;
  }

  #expand(summary: GoModSummary | undefined, pruning: Pruning): void {
    if (summary === undefined || (pruning === "pruned" && summary.pruned)) return;
    const next = pruning === "unpruned" || !summary.pruned ? "unpruned" : "pruned";
    for (const requirement of summary.require) this.#enqueue(requirement, next);
  }
}

/** "" is the version of a main module, above all others. */
function compareVersions(a: string, b: string): number {
  if (a === "" || b === "") return Number(a === "") - Number(b === "");
  return compare(a, b);
}

function keyOf({ path, version }: GraphNode): string {
  return `${path}@${version}`;
}

import {
  compareNodeVersions,
  isGoOrToolchain,
  requirementsOfGo,
} from "../module/go_requirement.ts";
import { type GraphNode, MvsGraph, NONE, nodeKey } from "../module/mvs_graph.ts";

/**
 * How far requirements are followed (golang.org/ref/mod, graph pruning; cmd/go/internal/modload modPruning): `pruned`, those
 * of roots only; `unpruned`, all; `workspace`, from the main modules of a workspace.
 */
export type Pruning = "pruned" | "unpruned" | "workspace";

/** What a go.mod file says to the graph. */
export interface GoModSummary {
  /** In the file's order; behind them, if it counts, the go line as a node. */
  readonly require: readonly GraphNode[];
  /** Its go line is at least 1.17: it names all that its packages need, and the graph behind it can be pruned. */
  readonly pruned: boolean;
}

/** Gives the go.mod files of the graph. */
export interface GoModReader {
  /**
   * What the go.mod file of a node says, after replacement and without excluded versions. Asked once for each node, for
   * many at a time; never for go and toolchain lines.
   *
   * @returns undefined if it cannot be had, which is the reader's to report: the graph goes on without it
   */
  summary(node: GraphNode): GoModSummary | undefined | Promise<GoModSummary | undefined>;
}

/** Where a graph begins. */
export interface GraphStart {
  /** The main modules, whose version is "". */
  readonly mains: readonly GraphNode[];
  /**
   * The requirements of a single main module, or the main modules of a workspace; in both cases with the go and toolchain
   * lines, sorted.
   */
  readonly roots: readonly GraphNode[];
  readonly pruning: Pruning;
}

/** The module graph of a project as far as the go command loads it (cmd/go/internal/modload, readModGraph). */
export class ModuleGraph {
  readonly #reader: GoModReader;
  readonly #start: GraphStart;
  readonly #graph: MvsGraph;
  readonly #enqueued = new Set<string>();
  readonly #waiting: { readonly node: GraphNode; readonly pruning: Pruning }[] = [];
  readonly #summaries = new Map<string, GoModSummary | undefined | Promise<unknown>>();
  #underWay = 0;
  #progress = Promise.withResolvers<void>();
  readonly #failed = Promise.withResolvers<never>();

  private constructor(start: GraphStart, reader: GoModReader) {
    this.#start = start;
    this.#reader = reader;
    const isWorkspace = start.pruning === "workspace";
    this.#graph = new MvsGraph(isWorkspace ? start.roots : start.mains, compareNodeVersions);
    if (!isWorkspace) for (const main of start.mains) this.#graph.require(main, start.roots);
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
    for (const root of start.roots) graph.#enqueue(root, start.pruning);
    await graph.#drain();
    if (start.pruning === "workspace") await graph.#loadSelected();
    return graph;
  }

  /** The requirements of a node; undefined where the graph is pruned. */
  requiredBy(node: GraphNode): readonly GraphNode[] | undefined {
    return this.#graph.requiredBy(node);
  }

  /** The selected version of a path: "" of a main module, "none" of what is not in the graph. */
  selected(path: string): string {
    return this.#graph.selected(path);
  }

  /** The main modules and, of each other path, the highest version that anything requires: sorted, with go and toolchain. */
  buildList(): GraphNode[] {
    return this.#graph.buildList();
  }

  /** Every node, selected or not, each once, those nearest to the main modules first. */
  breadthFirst(): Iterable<GraphNode> {
    return this.#graph.breadthFirst();
  }

  /** A shortest path from a main module to a node that `matches`; empty if there is none. */
  findPath(matches: (node: GraphNode) => boolean): GraphNode[] {
    return this.#graph.findPath(matches);
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
        seen.add(nodeKey(node));
        reached.add(node.path);
        this.#enqueue(node, "workspace");
      }
      await this.#drain();
    }
  }

  /** A node itself if it is new, or those of its requirements that were raised to versions not seen yet. */
  #raised(node: GraphNode, seen: ReadonlySet<string>): GraphNode[] {
    if (!seen.has(nodeKey(node))) return [node];
    return (this.requiredBy(node) ?? [])
      .map(({ path, version }) => ({ selected: this.#select(path), version }))
      .filter(({ selected, version }) => {
        return compareNodeVersions(selected.path, selected.version, version) > 0;
      })
      .map(({ selected }) => selected)
      .filter((selected) => !seen.has(nodeKey(selected)));
  }

  #select(path: string): GraphNode {
    return { path, version: this.selected(path) };
  }

  #enqueue(node: GraphNode, pruning: Pruning): void {
    if (node.version === NONE) return;
    const key = `${nodeKey(node)} ${pruning}`;
    if (this.#enqueued.has(key)) return;
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
    const key = nodeKey(node);
    if (this.#summaries.has(key)) return this.#summaries.get(key);
    const summary = isGoOrToolchain(node.path)
      ? { require: requirementsOfGo(node), pruned: true }
      : this.#reader.summary(node);
    if (summary instanceof Promise) {
      const loading = summary.then((loaded) => this.#keep(node, loaded));
      this.#summaries.set(key, loading);
      return loading;
    }
    this.#keep(node, summary);
    return summary;
  }

  #keep(node: GraphNode, summary: GoModSummary | undefined): void {
    this.#summaries.set(nodeKey(node), summary);
    if (summary !== undefined) this.#graph.require(node, summary.require);
  }

  #loaded(node: GraphNode): GoModSummary | undefined {
    const summary = this.#summaries.get(nodeKey(node));
    return summary instanceof Promise ? undefined : summary;
  }

  #expand(summary: GoModSummary | undefined, pruning: Pruning): void {
    if (summary === undefined || (pruning === "pruned" && summary.pruned)) return;
    const next = pruning === "unpruned" || !summary.pruned ? "unpruned" : "pruned";
    for (const requirement of summary.require) this.#enqueue(requirement, next);
  }
}

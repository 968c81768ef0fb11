import { GomodfsError } from "../lib/gomodfs_error.ts";
import { compareBytes } from "./byte_order.ts";

/**
 * A node of a requirement graph. To the algorithms, version is opaque but for "none", which is no version at all: a main
 * module may have "", and paths need not be of modules.
 */
export interface GraphNode {
  readonly path: string;
  readonly version: string;
}

/** Compares two versions of a path, neither "none": negative, 0 or positive. */
export type CompareVersions = (path: string, a: string, b: string) => number;

/** The version of what is not there. */
export const NONE = "none";
/** The largest graphs in use have some thousands of nodes; a hostile source could make one without an end. */
const MAX_NODES = 100_000;

/** The key of a node in maps. */
export function nodeKey({ path, version }: GraphNode): string {
  return `${path}@${version}`;
}

/**
 * A requirement graph that is built up step by step, and of each path in it the highest version that anything requires
 * (cmd/go/internal/mvs Graph).
 */
export class MvsGraph {
  readonly #roots: readonly GraphNode[];
  readonly #compare: CompareVersions;
  readonly #reached = new Set<string>();
  readonly #required = new Map<string, readonly GraphNode[]>();
  readonly #selected = new Map<string, string>();

  constructor(roots: readonly GraphNode[], compare: CompareVersions) {
    this.#roots = roots;
    this.#compare = compare;
    for (const root of roots) this.#reach(root);
  }

  /**
   * Adds the requirements of a node that the roots lead to, once for each node.
   *
   * @throws GomodfsError `TOO_LARGE` for more than 100,000 nodes
   */
  require(node: GraphNode, requirements: readonly GraphNode[]): void {
    this.#required.set(nodeKey(node), requirements);
    for (const requirement of requirements) this.#reach(requirement);
  }

  /** What was added for a node; undefined if nothing was. */
  requiredBy(node: GraphNode): readonly GraphNode[] | undefined {
    return this.#required.get(nodeKey(node));
  }

  /** The selected version of a path; "none" if it is not in the graph. */
  selected(path: string): string {
    return this.#selected.get(path) ?? NONE;
  }

  /** The selected versions: first those of the roots' paths in their order, then the others sorted by path. */
  buildList(): GraphNode[] {
    const rootPaths = new Set(this.#roots.map(({ path }) => path));
    const others = [...this.#selected.keys()].filter((path) => !rootPaths.has(path));
    return [...rootPaths, ...others.sort(compareBytes)].flatMap((path) => {
      const version = this.#selected.get(path);
      return version === undefined ? [] : [{ path, version }];
    });
  }

  /** Every node, selected or not, each once, those nearest to the roots first. */
  breadthFirst(): Iterable<GraphNode> {
    return this.#walk(() => {});
  }

  /** A shortest path from a root to a node that `matches`; empty if there is none. */
  findPath(matches: (node: GraphNode) => boolean): GraphNode[] {
    const requiredFirstBy = new Map<string, GraphNode>();
    const nodes = this.#walk((node, by) => requiredFirstBy.set(nodeKey(node), by));
    for (const node of nodes) {
      if (!matches(node)) continue;
      const path = [node];
      for (let at = node; ; ) {
        const by = requiredFirstBy.get(nodeKey(at));
        if (by === undefined) return path.reverse();
        path.push(by);
        at = by;
      }
    }
    return [];
  }

  /** @param onReached is told of each node but the roots which one led to it first */
  *#walk(onReached: (node: GraphNode, by: GraphNode) => void): Generator<GraphNode> {
    const queue = this.#roots.filter(({ version }) => version !== NONE);
    const seen = new Set(queue.map(nodeKey));
    for (const node of queue) {
      yield node;
      for (const requirement of this.requiredBy(node) ?? []) {
        const key = nodeKey(requirement);
        if (requirement.version === NONE || seen.has(key)) continue;
        seen.add(key);
        onReached(requirement, node);
        queue.push(requirement);
      }
    }
  }

  #reach(node: GraphNode): void {
    const { path, version } = node;
    if (version === NONE) return;
    const known = this.#reached.size;
    if (this.#reached.add(nodeKey(node)).size === known) return;
    if (known === MAX_NODES) {
      throw new GomodfsError(
        "TOO_LARGE",
        `the module graph has more than ${MAX_NODES} module versions`,
      );
    }
    const selected = this.#selected.get(path);
    if (selected === undefined || this.#compare(path, selected, version) < 0) {
      this.#selected.set(path, version);
    }
  }
}

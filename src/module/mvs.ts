import { GomodfsError } from "../lib/gomodfs_error.ts";
import { compareBytes } from "./byte_order.ts";

/**
 * A node of the requirement graph. To the algorithm, version is opaque but for "none", which is no version at all: a main
 * module may have "", and paths need not be of modules.
 */
export interface GraphNode {
  readonly path: string;
  readonly version: string;
}

/** The requirement graph, and how its versions are ordered. */
export interface RequirementGraph {
  /** The requirements of a node by itself. Asked at most once for each node, {@linkcode CONCURRENCY} at a time. */
  required(node: GraphNode): Promise<readonly GraphNode[]>;
  /** Compares two versions of a path, neither "none": negative, 0 or positive. */
  compare(path: string, a: string, b: string): number;
}

/** As many as cmd/go asks at a time (cmd/go/internal/mvs, buildList). */
export const CONCURRENCY = 10;
/** The largest graphs in use have some thousands of nodes; a hostile source could make one without an end. */
const MAX_NODES = 100_000;
const NONE = "none";

/**
 * The build list by minimal version selection (research.swtch.com/vgo-mvs; cmd/go/internal/mvs BuildList): of each path
 * in the graph the highest version that anything requires. Roots come first, the others sorted by path.
 *
 * @throws GomodfsError `TOO_LARGE` for more than 100,000 nodes, and whatever `graph.required` throws first
 */
export async function buildList(
  roots: readonly GraphNode[],
  graph: RequirementGraph,
): Promise<GraphNode[]> {
  const selection = new Selection(graph);
  const waiting: GraphNode[] = roots.filter((root) => selection.add(root));
  const underWay = new Set<Promise<void>>();
  while (waiting.length > 0 || underWay.size > 0) {
    const node = underWay.size < CONCURRENCY ? waiting.pop() : undefined;
    if (node === undefined) {
      await Promise.race(underWay);
      continue;
    }
    const visit = graph.required(node).then((required) => {
      waiting.push(...required.filter((requirement) => selection.add(requirement)));
      underWay.delete(visit);
    });
    underWay.add(visit);
  }
  return selection.list(roots);
}

/** The nodes seen, and of each path the highest version among them. */
class Selection {
  readonly #graph: RequirementGraph;
  readonly #seen = new Set<string>();
  readonly #selected = new Map<string, string>();

  constructor(graph: RequirementGraph) {
    this.#graph = graph;
  }

  /** Whether a node is new and has requirements to look at. */
  add({ path, version }: GraphNode): boolean {
    const key = `${path}@${version}`;
    if (version === NONE || this.#seen.has(key)) return false;
    if (this.#seen.size === MAX_NODES) {
      throw new GomodfsError(
        "TOO_LARGE",
        `module graph has more than ${MAX_NODES} module versions`,
      );
    }
    this.#seen.add(key);
    const selected = this.#selected.get(path);
    if (selected === undefined || this.#graph.compare(path, selected, version) < 0) {
      this.#selected.set(path, version);
    }
    return true;
  }

  list(roots: readonly GraphNode[]): GraphNode[] {
    const rootPaths = new Set(roots.map((root) => root.path));
    const others = [...this.#selected.keys()].filter((path) => !rootPaths.has(path));
    return [...rootPaths, ...others.sort(compareBytes)].flatMap((path) => {
      const version = this.#selected.get(path);
      return version === undefined ? [] : [{ path, version }];
    });
  }
}

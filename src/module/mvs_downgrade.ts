import { buildList, type GraphNode, type RequirementGraph } from "./mvs.ts";
import { NONE, nodeKey } from "./mvs_graph.ts";
import { withRequirements } from "./mvs_override.ts";

/** A requirement graph that knows of older versions (cmd/go/internal/mvs DowngradeReqs). */
export interface DowngradableGraph extends RequirementGraph {
  /** The version right below a node's, "none" if there is none. */
  previous(node: GraphNode): Promise<GraphNode>;
}

/**
 * The build list with some modules lowered, and with them whatever requires more of them (research.swtch.com/vgo-mvs,
 * algorithm 4; cmd/go/internal/mvs Downgrade). Nothing is raised by it.
 *
 * @throws as {@linkcode buildList}, and whatever `graph.previous` throws. A lower version whose requirements cannot be had
 * is passed over
 */
export async function downgrade(
  main: GraphNode,
  graph: DowngradableGraph,
  downgrades: readonly GraphNode[],
): Promise<GraphNode[]> {
  const [, ...list] = await buildList([main], graph);
  const candidates = new DowngradeCandidates(graph, list, downgrades);
  const lowered: GraphNode[] = [];
  for (const node of list) {
    const candidate = await candidates.highest(node);
    if (candidate !== undefined) lowered.push(candidate);
  }
  // Versions that `previous` leaves out, such as retracted ones, may be required by others and be selected after all: what
  // only the versions below them require must not be added (downhiddenartifact in mvs_test.go).
  const actual = await buildList([main], withRequirements(graph, main, [main, ...lowered]));
  const selected = new Map(actual.map(({ path, version }) => [path, version]));
  const requirements = list.flatMap(({ path }) => {
    const version = selected.get(path);
    return version === undefined ? [] : [{ path, version }];
  });
  return await buildList([main], withRequirements(graph, main, requirements));
}

/** Decides which versions may stay: those that require nothing above the bounds. */
class DowngradeCandidates {
  readonly #graph: DowngradableGraph;
  /** Of each path the version that nothing may be above. */
  readonly #bounds = new Map<string, string>();
  readonly #seen = new Set<string>();
  readonly #excluded = new Set<string>();
  readonly #requiring = new Map<string, GraphNode[]>();

  constructor(
    graph: DowngradableGraph,
    list: readonly GraphNode[],
    downgrades: readonly GraphNode[],
  ) {
    this.#graph = graph;
    for (const { path, version } of list) this.#bounds.set(path, version);
    for (const { path, version } of downgrades) {
      const selected = this.#bounds.get(path);
      if (selected !== undefined && this.#isWithin({ path, version: selected }, version)) continue;
      this.#bounds.set(path, version);
    }
  }

  /** The highest version of a module that may stay; undefined if none may. */
  async highest(node: GraphNode): Promise<GraphNode | undefined> {
    let candidate = node;
    await this.#add(candidate);
    while (this.#excluded.has(nodeKey(candidate))) {
      candidate = this.#notBelowBound(candidate, await this.#graph.previous(candidate));
      if (candidate.version === NONE) return undefined;
      await this.#add(candidate);
    }
    return candidate;
  }

  /** A pseudo-version that is asked for need not be among the versions that `previous` gives: it has its turn too. */
  #notBelowBound(from: GraphNode, previous: GraphNode): GraphNode {
    const { path } = from;
    const bound = this.#bounds.get(path);
    if (bound === undefined || this.#isWithin(from, bound)) return previous;
    return isBelow(this.#graph, previous, bound) ? { path, version: bound } : previous;
  }

  /** Looks at a node and all behind it, depth first. */
  async #add(start: GraphNode): Promise<void> {
    const stack: { readonly node: GraphNode; readonly rest: GraphNode[] }[] = [];
    const enter = async (node: GraphNode): Promise<void> => {
      if (this.#seen.has(nodeKey(node))) return;
      this.#seen.add(nodeKey(node));
      const requirements = await this.#requirements(node);
      if (requirements === undefined) this.#exclude(node);
      else stack.push({ node, rest: requirements.toReversed() });
    };
    await enter(start);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const requirement = top.rest.at(-1);
      if (requirement === undefined) {
        stack.pop();
      } else if (!this.#seen.has(nodeKey(requirement))) {
        await enter(requirement);
      } else {
        top.rest.pop();
        this.#link(top, requirement);
      }
    }
  }

  /** Where the requirement is excluded, so is what requires it; otherwise it will be if the requirement is later. */
  #link(by: { readonly node: GraphNode; readonly rest: GraphNode[] }, to: GraphNode): void {
    const key = nodeKey(to);
    if (this.#excluded.has(key)) {
      this.#exclude(by.node);
      by.rest.length = 0;
      return;
    }
    const requiring = this.#requiring.get(key);
    if (requiring === undefined) this.#requiring.set(key, [by.node]);
    else requiring.push(by.node);
  }

  /** Undefined if the node must not stay. */
  async #requirements(node: GraphNode): Promise<readonly GraphNode[] | undefined> {
    const bound = this.#bounds.get(node.path);
    if (bound !== undefined && !this.#isWithin(node, bound)) return undefined;
    if (node.version === NONE) return [];
    try {
      return await this.#graph.required(node);
    } catch {
      // An old version may have no go.mod file that can be used (golang.org/issue/31730).
      return undefined;
    }
  }

  #exclude(start: GraphNode): void {
    const pending = [start];
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      const key = nodeKey(node);
      if (this.#excluded.has(key)) continue;
      this.#excluded.add(key);
      pending.push(...(this.#requiring.get(key) ?? []));
    }
  }

  #isWithin({ path, version }: GraphNode, bound: string): boolean {
    if (version === NONE) return true;
    return bound !== NONE && this.#graph.compare(path, version, bound) <= 0;
  }
}

function isBelow(graph: RequirementGraph, { path, version }: GraphNode, bound: string): boolean {
  if (version === NONE || bound === NONE) return version === NONE && bound !== NONE;
  return graph.compare(path, version, bound) < 0;
}

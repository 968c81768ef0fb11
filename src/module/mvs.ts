import { compareBytes } from "./byte_order.ts";
import { type CompareVersions, type GraphNode, MvsGraph, NONE, nodeKey } from "./mvs_graph.ts";

export type { GraphNode } from "./mvs_graph.ts";

/** A requirement graph that is asked node by node, and how its versions are ordered (cmd/go/internal/mvs Reqs). */
export interface RequirementGraph {
  /** The requirements of a node by itself. Asked at most once for each node of a list, {@linkcode CONCURRENCY} at a time. */
  required(node: GraphNode): Promise<readonly GraphNode[]>;
  /** The version of the node that a list is made for is above all others of its path. */
  readonly compare: CompareVersions;
}

/** As many as cmd/go asks at a time (cmd/go/internal/mvs, buildList). */
export const CONCURRENCY = 10;

/**
 * The build list by minimal version selection (research.swtch.com/vgo-mvs; cmd/go/internal/mvs BuildList): of each path
 * in the graph the highest version that anything requires. Roots come first, the others sorted by path.
 *
 * @param upgrade gives the version that a node is to be raised to, itself if none
 * @throws GomodfsError `TOO_LARGE` for more than 100,000 nodes, and whatever `graph.required` and `upgrade` throw first
 */
export async function buildList(
  roots: readonly GraphNode[],
  graph: RequirementGraph,
  upgrade: (node: GraphNode) => Promise<GraphNode> = async (node) => node,
): Promise<GraphNode[]> {
  const list = new MvsGraph(roots, graph.compare);
  const visit = async (node: GraphNode): Promise<readonly GraphNode[]> => {
    const required = node.version === NONE ? [] : await graph.required(node);
    const upgraded = await upgrade(node);
    const requirements = nodeKey(upgraded) === nodeKey(node) ? required : [upgraded, ...required];
    list.require(node, requirements);
    return requirements;
  };
  await visitAll(roots, visit);
  return list.buildList();
}

/**
 * The shortest list of requirements with which a main module has the build list that it has now (cmd/go/internal/mvs Req).
 *
 * @param paths that must be in the list
 * @returns sorted by path
 * @throws as {@linkcode buildList}
 */
export async function minimalRequirements(
  main: GraphNode,
  paths: readonly string[],
  graph: RequirementGraph,
): Promise<GraphNode[]> {
  const list = await buildList([main], graph);
  const selected = new Map(list.map(({ path, version }) => [path, version]));
  const { required, postorder } = await walkPostorder(main, list, graph);
  const minimal: GraphNode[] = [];
  const implied = new Set<string>();
  const add = (node: GraphNode): void => {
    minimal.push(node);
    markImplied(node, required, implied);
  };
  for (const path of new Set(paths)) add({ path, version: selected.get(path) ?? NONE });
  for (const node of postorder.reverse()) {
    if (selected.get(node.path) === node.version && !implied.has(nodeKey(node))) add(node);
  }
  return minimal.sort((a, b) => compareBytes(a.path, b.path));
}

/** Visits nodes and all that they lead to, each once, {@linkcode CONCURRENCY} at a time. */
async function visitAll(
  roots: readonly GraphNode[],
  visit: (node: GraphNode) => Promise<readonly GraphNode[]>,
): Promise<void> {
  const seen = new Set<string>();
  const isNew = (node: GraphNode): boolean => seen.size < seen.add(nodeKey(node)).size;
  const waiting = roots.filter(isNew);
  const underWay = new Set<Promise<void>>();
  while (waiting.length > 0 || underWay.size > 0) {
    const node = underWay.size < CONCURRENCY ? waiting.pop() : undefined;
    if (node === undefined) {
      await Promise.race(underWay);
      continue;
    }
    const visited = visit(node).then((next) => {
      waiting.push(...next.filter(isNew));
      underWay.delete(visited);
    });
    underWay.add(visited);
  }
}

/** All nodes behind a list, each after what it requires; the main module itself counts as one without requirements. */
async function walkPostorder(
  main: GraphNode,
  list: readonly GraphNode[],
  graph: RequirementGraph,
): Promise<{
  readonly required: ReadonlyMap<string, readonly GraphNode[]>;
  readonly postorder: GraphNode[];
}> {
  const required = new Map<string, readonly GraphNode[]>([[nodeKey(main), []]]);
  const postorder: GraphNode[] = [];
  // Each with those of its requirements that are still to be walked. Not a recursion: a chain may be as long as the graph.
  const stack: { readonly node: GraphNode; readonly rest: GraphNode[] }[] = [];
  const enter = async (node: GraphNode): Promise<void> => {
    if (required.has(nodeKey(node))) return;
    const requirements = node.version === NONE ? [] : await graph.required(node);
    required.set(nodeKey(node), requirements);
    stack.push({ node, rest: requirements.toReversed() });
  };
  for (const start of list) {
    await enter(start);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const next = top.rest.pop();
      if (next !== undefined) {
        await enter(next);
      } else {
        stack.pop();
        postorder.push(top.node);
      }
    }
  }
  return { required, postorder };
}

function markImplied(
  node: GraphNode,
  required: ReadonlyMap<string, readonly GraphNode[]>,
  implied: Set<string>,
): void {
  const pending = [node];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const key = nodeKey(next);
    if (implied.has(key)) continue;
    implied.add(key);
    pending.push(...(required.get(key) ?? []));
  }
}

import { buildList, type GraphNode, type RequirementGraph } from "./mvs.ts";
import { NONE } from "./mvs_graph.ts";
import { withRequirements } from "./mvs_override.ts";

/** A requirement graph that knows of newer versions (cmd/go/internal/mvs UpgradeReqs). */
export interface UpgradableGraph extends RequirementGraph {
  /**
   * The version that a node should be raised to, itself if none; for "none" the version that a module should be added at.
   *
   * @throws if there is no version of the path
   */
  upgrade(node: GraphNode): Promise<GraphNode>;
}

/**
 * The build list in which every module is at its latest version (cmd/go/internal/mvs UpgradeAll).
 *
 * @throws as {@linkcode buildList}
 */
export async function upgradeAll(main: GraphNode, graph: UpgradableGraph): Promise<GraphNode[]> {
  return await buildList([main], graph, async (node) =>
    node.path === main.path ? main : await graph.upgrade(node),
  );
}

/**
 * The build list with some modules raised or added (cmd/go/internal/mvs Upgrade).
 *
 * @throws as {@linkcode buildList}
 */
export async function upgrade(
  main: GraphNode,
  graph: RequirementGraph,
  upgrades: readonly GraphNode[],
): Promise<GraphNode[]> {
  const required = await graph.required(main);
  const paths = new Set(required.map(({ path }) => path));
  const added = upgrades.filter(({ path }) => !paths.has(path));
  const requirements = [...required, ...added.map(({ path }) => ({ path, version: NONE }))];
  const target = new Map<string, string>();
  for (const { path, version } of upgrades) {
    const other = target.get(path);
    if (other === undefined || graph.compare(path, other, version) < 0) target.set(path, version);
  }
  return await buildList([main], withRequirements(graph, main, requirements), async (node) => ({
    path: node.path,
    version: target.get(node.path) ?? node.version,
  }));
}

import type { GraphNode, RequirementGraph } from "./mvs.ts";
import { nodeKey } from "./mvs_graph.ts";

/** A graph in which one node has other requirements (cmd/go/internal/mvs override). */
export function withRequirements(
  graph: RequirementGraph,
  of: GraphNode,
  requirements: readonly GraphNode[],
): RequirementGraph {
  const key = nodeKey(of);
  return {
    compare: (path, a, b) => graph.compare(path, a, b),
    required: async (node) => (nodeKey(node) === key ? requirements : await graph.required(node)),
  };
}

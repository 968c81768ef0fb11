import type { GraphNode } from "../module/mvs.ts";
import type { ModuleGraph } from "./module_graph.ts";
import { formatNode } from "./requirement_error.ts";

/** How a module graph is written. */
export type GraphFormat = "text" | "json" | "dot";

/**
 * A module graph, line by line, in the order of `go mod graph`: breadth first, requirements as the go.mod files have them.
 * Text is what `go mod graph` prints; JSON has an object a line for each module with requirements; DOT is one digraph.
 */
export function* formatGraph(graph: ModuleGraph, format: GraphFormat): Generator<string> {
  if (format === "dot") yield "digraph modules {\n";
  for (const node of graph.breadthFirst()) {
    const required = graph.requiredBy(node) ?? [];
    if (required.length > 0) yield FORMATS[format](node, required);
  }
  if (format === "dot") yield "}\n";
}

const FORMATS: Readonly<
  Record<GraphFormat, (node: GraphNode, required: readonly GraphNode[]) => string>
> = {
  text: (node, required) => {
    const by = formatNode(node);
    return required.map((requirement) => `${by} ${formatNode(requirement)}\n`).join("");
  },
  json: (node, required) => {
    return `${JSON.stringify({ ...nodeFields(node), Require: required.map(nodeFields) })}\n`;
  },
  dot: (node, required) => {
    const by = quoteDot(formatNode(node));
    return required
      .map((requirement) => `\t${by} -> ${quoteDot(formatNode(requirement))};\n`)
      .join("");
  },
};

/** A quoted identifier of the DOT language, in which only quotes and line ends are special, and backslashes before them. */
export function quoteDot(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&").replace(/\n/g, "\\n")}"`;
}

/** A main module has no version. */
function nodeFields({ path, version }: GraphNode): Readonly<Record<string, string>> {
  return version === "" ? { Path: path } : { Path: path, Version: version };
}

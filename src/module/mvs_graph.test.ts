import { describe, expect, it } from "vitest";
import { rejection } from "../../test/support/rejection.ts";
import { type GraphNode, MvsGraph, NONE } from "./mvs_graph.ts";

const node = (text: string): GraphNode => ({ path: text.slice(0, 1), version: text.slice(1) });
const show = ({ path, version }: GraphNode): string => `${path}${version}`;
const compare = (_: string, a: string, b: string): number => Number(a) - Number(b);

function graphOf(rules: Readonly<Record<string, string>>, ...roots: readonly string[]): MvsGraph {
  const graph = new MvsGraph(roots.map(node), compare);
  for (const [by, required] of Object.entries(rules)) {
    graph.require(node(by), required === "" ? [] : required.split(" ").map(node));
  }
  return graph;
}

describe("MvsGraph", () => {
  const graph = graphOf({ M0: "B1 A2", B1: "C1 A1", A2: "C3", C1: "M0", C3: "Dnone" }, "M0");

  it("selects the highest version of each path", () => {
    expect(graph.buildList().map(show)).toEqual(["M0", "A2", "B1", "C3"]);
    expect(graph.selected("C")).toBe("3");
    expect(graph.selected("D")).toBe(NONE);
  });

  it("knows the requirements that it was told", () => {
    expect(graph.requiredBy(node("B1"))?.map(show)).toEqual(["C1", "A1"]);
    expect(graph.requiredBy(node("A1"))).toBeUndefined();
  });

  it("walks breadth first, through cycles and past what is none", () => {
    expect(Array.from(graph.breadthFirst(), show)).toEqual(["M0", "B1", "A2", "C1", "A1", "C3"]);
  });

  it("finds a shortest path", () => {
    expect(graph.findPath(({ path }) => path === "C").map(show)).toEqual(["M0", "B1", "C1"]);
    expect(graph.findPath(({ path }) => path === "M").map(show)).toEqual(["M0"]);
    expect(graph.findPath(({ path }) => path === "X")).toEqual([]);
  });

  it("takes several roots", () => {
    const workspace = graphOf({ M0: "A1", N0: "A2" }, "M0", "N0");
    expect(workspace.buildList().map(show)).toEqual(["M0", "N0", "A2"]);
    expect(workspace.findPath(({ version }) => version === "2").map(show)).toEqual(["N0", "A2"]);
  });

  it("refuses more than 100,000 nodes", () => {
    const many = Array.from({ length: 100_001 }, (_, index) => ({
      path: "A",
      version: `${index}`,
    }));
    expect(() => new MvsGraph([node("M0")], compare).require(node("M0"), many)).toThrow(
      rejection("TOO_LARGE"),
    );
  });
});

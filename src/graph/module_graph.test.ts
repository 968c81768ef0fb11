import { describe, expect, it } from "vitest";
import { rejection } from "../../test/support/rejection.ts";
import type { GraphNode } from "../module/mvs.ts";
import { type GoModReader, type GoModSummary, ModuleGraph, type Pruning } from "./module_graph.ts";

/** go.mod files by node: `a1` is a@v1.0.0. Before Go 1.17 if the text begins with "old". */
type Graph = Readonly<Record<string, string>>;

function node(name: string): GraphNode {
  const [path = "", version = ""] = name;
  return { path, version: version === "" ? "" : `v${version}.0.0` };
}

function nameOf({ path, version }: GraphNode): string {
  return path + version.slice(1, 2);
}

/** Reads a graph, the parts of it that are awaited each at a time of its own. */
class Reader implements GoModReader {
  readonly read: string[] = [];
  readonly #graph: Graph;
  readonly #isResident: boolean;

  constructor(graph: Graph, isResident: boolean) {
    this.#graph = graph;
    this.#isResident = isResident;
  }

  summary(of: GraphNode): GoModSummary | undefined | Promise<GoModSummary | undefined> {
    this.read.push(nameOf(of));
    const text = this.#graph[nameOf(of)];
    const names = (text ?? "").split(" ").filter((word) => word !== "" && word !== "old");
    const summary =
      text === undefined
        ? undefined
        : { require: names.map(node), pruned: !text.startsWith("old") };
    if (this.#isResident) return summary;
    return new Promise((resolve) => setTimeout(() => resolve(summary), this.read.length % 3));
  }
}

async function load(
  graph: Graph,
  roots: string,
  pruning: Pruning,
): Promise<{ readonly read: string; readonly list: string }> {
  const start = { mains: [node("m"), node("n")], roots: roots.split(" ").map(node), pruning };
  const results = [true, false].map(async (isResident) => {
    const reader = new Reader(graph, isResident);
    const loaded = await ModuleGraph.load(start, reader);
    const list = loaded.buildList().filter(({ version }) => version !== "");
    const names = list.map(nameOf).sort().join(" ");
    return { read: reader.read.toSorted().join(" "), list: names };
  });
  const [resident, awaited] = await Promise.all(results);
  expect(awaited).toEqual(resident);
  return resident ?? { read: "", list: "" };
}

describe("ModuleGraph", () => {
  it("prunes behind the requirements of a pruned module", async () => {
    const graph = { a1: "b1 c2", b1: "d1", c2: "" };
    expect(await load(graph, "a1 c1", "pruned")).toEqual({ read: "a1 c1", list: "a1 b1 c2" });
  });

  it("follows all requirements of a module from before pruning", async () => {
    const graph = { a1: "old b1", b1: "c1", c1: "d1" };
    expect(await load(graph, "a1", "pruned")).toEqual({ read: "a1 b1 c1 d1", list: "a1 b1 c1 d1" });
  });

  it("follows everything without pruning, also what it met with pruning before", async () => {
    const graph = { a1: "b1", b1: "c1", c1: "a1 d1 m1", d1: "" };
    expect(await load(graph, "a1", "unpruned")).toEqual({
      read: "a1 b1 c1 d1 m1",
      list: "a1 b1 c1 d1",
    });
    const mixed = { a1: "c1", b1: "old c1", c1: "d1", d1: "e1", e1: "" };
    expect((await load(mixed, "a1 b1 c1", "pruned")).read).toBe("a1 b1 c1 d1 e1");
  });

  it("goes from a workspace's modules to what they require, and to what that was raised to", async () => {
    const graph = { m: "a1 b1", n: "b2", a1: "c1", b1: "c2", b2: "d1", c1: "", c2: "e1", d1: "" };
    expect(await load(graph, "m n", "workspace")).toEqual({
      // b2 is above the b1 that m requires: its d1 is read. What c was raised to is behind no main module.
      read: "a1 b1 b2 d1 m n",
      list: "a1 b2 c2 d1",
    });
  });

  it("goes on without what cannot be had", async () => {
    expect(await load({ a1: "b1", b1: "" }, "x1 a1", "unpruned")).toMatchObject({
      list: "a1 b1 x1",
    });
  });

  it("fails as the reader fails, and refuses a graph without an end", async () => {
    const start = {
      mains: [node("m")],
      roots: [node("a1")],
      pruning: "unpruned",
    } as const;
    const failing: GoModReader = { summary: () => Promise.reject(new Error("no disk")) };
    await expect(ModuleGraph.load(start, failing)).rejects.toThrow("no disk");
    let count = 0;
    const endless: GoModReader = {
      summary: () => ({
        require: [node(`a${count++ % 10}`), { ...node("b1"), path: `b${count}` }],
        pruned: false,
      }),
    };
    await expect(ModuleGraph.load(start, endless)).rejects.toEqual(rejection("TOO_LARGE"));
  });
});

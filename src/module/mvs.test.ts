import { describe, expect, it } from "vitest";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { buildList, CONCURRENCY, type GraphNode, type RequirementGraph } from "./mvs.ts";

/** From cmd/go/internal/mvs, BSD-3-Clause (mvs_test.go): those of its scenarios that build. */
const SCENARIOS = `
blog: A=B1,C2 B1=D3 C1=D2 C2=D4 C3=D5 C4=G1 D2=E1 D3=E2 D4=E2,F1 D5=E2 G1=C4 A2=B1,C4,D4
A: A B1 C2 D4 E2 F1
A2: A2 B1 C4 D4 E2 F1 G1
trim: A=B1,C2 B1=D3 C2=B2 B2=
A: A B2 C2 D3
cross1: A=B,C B=D1 C=D2 D1=E2 D2=E1
A: A B C D2 E2
cross1V: A=B2,C,D2,E1 B1= B2=D1 C=D2 D1=E2 D2=E1
A: A B2 C D2 E2
cross4: A1=B1,D2 A2=B2,D2 B1=D1 B2=D2 D1=E2 D2=E1
A1: A1 B1 D2 E2
A2: A2 B2 D2 E1
cross7: A=B,C B=D1 C=E1 D1=E2 E1=D2
A: A B C D2 E2
cross8: M=A1,B1 A1=X1 B1=X2 X1=I1 X2=
M: M A1 B1 I1 X2
down2: A=B2,E2 B1= B2=C2,F2 C1= D1= C2=D2,E2 D2=B2 E2=D2 E1= F1=
A: A B2 C2 D2 E2 F2
downcycle: A=A,B2 B2=A B1=
A: A B2
reqnone: M=Anone,B1,D1,E1 B1=Cnone,D1 E1=Fnone
M: M B1 D1 E1
`;

const node = (text: string): GraphNode => ({ path: text.slice(0, 1), version: text.slice(1) });
const show = ({ path, version }: GraphNode) => `${path}${version}`;
const compareVersions = (a: string, b: string) => (a === b ? 0 : a < b ? -1 : 1);

function parseGraph(text: string): RequirementGraph {
  const requirements = new Map(
    text.split(" ").map((rule) => {
      const [key = "", list = ""] = rule.split("=");
      return [key, list === "" ? [] : list.split(",").map(node)];
    }),
  );
  return {
    required: async (from) => requirements.get(show(from)) ?? [],
    // "" is the version of a main module, and above all others.
    compare: (_, a, b) => (a === "" || b === "" ? b.length - a.length : compareVersions(a, b)),
  };
}

const lines = SCENARIOS.trim()
  .split("\n")
  .map((line) => line.split(": "));
let scenario = "";
const cases = lines.flatMap(([key = "", value = ""]) => {
  if (!value.includes("=")) return [[scenario, key, value] as const];
  scenario = value;
  return [];
});

describe("buildList", () => {
  it.each(cases)("of %s for %s is %s", async (graph, root, expected) => {
    const list = await buildList([node(root)], parseGraph(graph));
    expect(list.map(show).join(" ")).toBe(expected);
  });

  it("takes several roots, the higher of two versions", async () => {
    const list = await buildList(["B1", "A1", "A2"].map(node), parseGraph("A1=C1 A2=D1 B1="));
    expect(list.map(show)).toStrictEqual(["B1", "A2", "C1", "D1"]);
  });

  it("asks once for each node, a bounded number at a time", async () => {
    const asked: string[] = [];
    let active = 0;
    let most = 0;
    const fan = Array.from({ length: 50 }, (_, i) => ({ path: `m${i}`, version: "1" }));
    await buildList([node("A")], {
      compare: (_, a, b) => compareVersions(a, b),
      required: async (from) => {
        asked.push(from.path);
        most = Math.max(most, ++active);
        await new Promise((resolve) => setImmediate(resolve));
        active--;
        return fan;
      },
    });
    expect(asked.length).toBe(new Set(asked).size);
    expect(asked.length).toBe(51);
    expect(most).toBe(CONCURRENCY);
  });

  it("fails as the graph fails", async () => {
    const failure = new GomodfsError("NOT_FOUND", "no B1");
    const graph = parseGraph("A=B1,C1 C1=D1");
    const failing = {
      ...graph,
      required: async (from: GraphNode) =>
        from.path === "B" ? Promise.reject(failure) : graph.required(from),
    };
    await expect(buildList([node("A")], failing)).rejects.toBe(failure);
  });

  it("gives up on a graph without an end", async () => {
    const endless: RequirementGraph = {
      compare: (_, a, b) => Number(a) - Number(b),
      required: async ({ path, version }) => [{ path, version: `${Number(version) + 1}` }],
    };
    const list = buildList([{ path: "m", version: "1" }], endless);
    await expect(list).rejects.toThrow("module graph has more than 100000 module versions");
  });
});

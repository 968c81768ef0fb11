import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import {
  buildList,
  CONCURRENCY,
  type GraphNode,
  minimalRequirements,
  type RequirementGraph,
} from "./mvs.ts";
import { type DowngradableGraph, downgrade } from "./mvs_downgrade.ts";
import { NONE } from "./mvs_graph.ts";
import { withRequirements } from "./mvs_override.ts";
import { type UpgradableGraph, upgrade, upgradeAll } from "./mvs_upgrade.ts";

type Requirements = ReadonlyMap<string, readonly GraphNode[]>;

interface Scenario {
  readonly name: string;
  readonly requirements: Requirements;
  readonly expectations: readonly Expectation[];
}

interface Expectation {
  readonly operation: string;
  readonly main: GraphNode;
  readonly nodes: readonly GraphNode[];
  readonly expected: string;
}

const node = (text: string): GraphNode => ({ path: text.slice(0, 1), version: text.slice(1) });
const show = ({ path, version }: GraphNode): string => `${path}${version}`;
const words = (text: string): string[] => text.split(" ").filter((word) => word !== "");

function parseScenarios(text: string): Scenario[] {
  return text
    .split(/^name: /m)
    .slice(1)
    .map((section) => {
      const [name = "", ...lines] = section.split("\n");
      const requirements = new Map<string, readonly GraphNode[]>();
      const expectations: Expectation[] = [];
      for (const line of lines.filter((text) => text !== "")) {
        const [key = "", value = ""] = line.split(":", 2);
        const [operation = "", main, ...nodes] = words(key);
        if (main === undefined) {
          const required = words(value).map(node);
          for (const requirement of required) {
            const shown = show(requirement);
            if (!requirements.has(shown)) requirements.set(shown, []);
          }
          requirements.set(operation, required);
        } else {
          const expected = words(value).join(" ");
          expectations.push({ operation, main: node(main), nodes: nodes.map(node), expected });
        }
      }
      return { name, requirements, expectations };
    });
}

const isHidden = (version: string): boolean => version.endsWith(".hidden");

/** "" is the version of a main module, and above all others. */
function compareVersions(_: string, a: string, b: string): number {
  if (a === b) return 0;
  if (a === "" || b === "") return a === "" ? 1 : -1;
  return a < b ? -1 : 1;
}

class ScenarioGraph implements UpgradableGraph, DowngradableGraph {
  readonly #requirements: Requirements;

  constructor(requirements: Requirements) {
    this.#requirements = requirements;
  }

  async required(of: GraphNode): Promise<readonly GraphNode[]> {
    const required = this.#requirements.get(show(of));
    if (required === undefined) throw new GomodfsError("NOT_FOUND", `missing ${show(of)}`);
    return required;
  }

  compare(path: string, a: string, b: string): number {
    return compareVersions(path, a, b);
  }

  async upgrade({ path }: GraphNode): Promise<GraphNode> {
    const latest = this.#visible(path).at(-1);
    if (latest === undefined) throw new GomodfsError("NOT_FOUND", `no versions of ${path}`);
    return latest;
  }

  async previous({ path, version }: GraphNode): Promise<GraphNode> {
    const below = this.#visible(path).filter(
      (other) => other.version !== "" && other.version < version,
    );
    return below.at(-1) ?? { path, version: NONE };
  }

  #visible(path: string): GraphNode[] {
    return [...this.#requirements.keys()]
      .map(node)
      .filter((other) => other.path === path && !isHidden(other.version))
      .filter(({ version }) => version !== NONE)
      .sort((a, b) => compareVersions(path, a.version, b.version));
  }
}

async function run(
  { operation, main, nodes }: Expectation,
  graph: ScenarioGraph,
): Promise<GraphNode[]> {
  switch (operation) {
    case "build":
      return await buildList([main], graph);
    case "upgrade*":
      return await upgradeAll(main, graph);
    case "upgrade":
      return await upgrade(main, graph, nodes);
    case "upgradereq": {
      const list = await upgrade(main, graph, nodes);
      return await minimalRequirements(main, [], withRequirements(graph, main, list));
    }
    case "downgrade":
      return await downgrade(main, graph, [main, ...nodes]);
    case "req": {
      const paths = nodes.map(({ path }) => path);
      return await minimalRequirements(main, paths, graph);
    }
    default:
      throw new Error(`unknown operation ${operation}`);
  }
}

const SCENARIOS = parseScenarios(
  readFileSync(new URL("testdata/mvs_scenarios.txt", import.meta.url), "utf8"),
);

function graphOf(text: string): ScenarioGraph {
  const [scenario] = parseScenarios(`name: one\n${text}`);
  return new ScenarioGraph(scenario?.requirements ?? new Map());
}

it("has all scenarios of cmd/go", () => {
  expect(SCENARIOS.length).toBe(39);
  expect(SCENARIOS.flatMap(({ expectations }) => expectations).length).toBe(77);
});

describe.each(SCENARIOS)("in the scenario $name", ({ requirements, expectations }) => {
  it.each(expectations)("$operation $main.path$main.version $nodes", async (expectation) => {
    const list = await run(expectation, new ScenarioGraph(requirements));
    expect(list.map(show).join(" ")).toBe(expectation.expected);
  });
});

describe("buildList", () => {
  it("takes several roots, the higher of two versions", async () => {
    const list = await buildList(["B1", "A1", "A2"].map(node), graphOf("A1: C1\nA2: D1\nB1:"));
    expect(list.map(show)).toStrictEqual(["B1", "A2", "C1", "D1"]);
  });

  it("asks once for each node, a bounded number at a time", async () => {
    const asked: string[] = [];
    let active = 0;
    let most = 0;
    const fan = Array.from({ length: 50 }, (_, i) => ({ path: `m${i}`, version: "1" }));
    await buildList([node("A")], {
      compare: compareVersions,
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
    const graph = graphOf("A: B1 C1\nC1: D1");
    const failure = new GomodfsError("NOT_FOUND", "no B1");
    const failing: RequirementGraph = {
      compare: compareVersions,
      required: async (from) =>
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
    await expect(list).rejects.toThrow("the module graph has more than 100000 module versions");
  });
});

const PATHS = ["A", "B", "C", "D", "E", "F"];
const anyPath = fc.constantFrom(...PATHS);

/** Up to six modules at up to three versions, each of which may require any other. */
const anyRequirements = fc.array(
  fc.tuple(anyPath, fc.constantFrom("1", "2", "3"), anyPath, fc.constantFrom("1", "2", "3")),
  { maxLength: 30 },
);

function randomGraph(edges: readonly (readonly [string, string, string, string])[]): Requirements {
  const requirements = new Map<string, GraphNode[]>([["M", []]]);
  for (const path of PATHS) for (const n of "123") requirements.set(`${path}${n}`, []);
  for (const [from, version, path, target] of edges) {
    requirements.get(`${from}${version}`)?.push({ path, version: target });
    if (from < "C" && version === "1") requirements.get("M")?.push({ path: from, version });
  }
  return requirements;
}

/** The definition itself: whatever can be reached, and of each path the highest version of that. */
function definition(requirements: Requirements, roots: readonly GraphNode[]): string[] {
  const reached = new Set(roots.map(show));
  for (const key of reached) for (const to of requirements.get(key) ?? []) reached.add(show(to));
  const highest = new Map<string, string>();
  for (const { path, version } of [...reached].map(node)) {
    if (compareVersions(path, highest.get(path) ?? "0", version) < 0) highest.set(path, version);
  }
  return Array.from(highest, ([path, version]) => `${path}${version}`).sort();
}

describe("for any graph", () => {
  it("the build list is what the definition says", async () => {
    await fc.assert(
      fc.asyncProperty(anyRequirements, async (edges) => {
        const requirements = randomGraph(edges);
        const list = await buildList([node("M")], new ScenarioGraph(requirements));
        expect(list.map(show).sort()).toEqual(definition(requirements, [node("M")]));
      }),
    );
  });

  it("minimal requirements give the same build list", async () => {
    await fc.assert(
      fc.asyncProperty(anyRequirements, async (edges) => {
        const graph = new ScenarioGraph(randomGraph(edges));
        const list = await buildList([node("M")], graph);
        const minimal = await minimalRequirements(node("M"), [], graph);
        const again = await buildList([node("M")], withRequirements(graph, node("M"), minimal));
        expect(again.map(show)).toEqual(list.map(show));
        expect(minimal.length).toBeLessThan(list.length);
      }),
    );
  });

  it("a downgrade raises nothing and selects nothing above what was asked for", async () => {
    await fc.assert(
      fc.asyncProperty(anyRequirements, anyPath, async (edges, path) => {
        const graph = new ScenarioGraph(randomGraph(edges));
        const before = new Map((await buildList([node("M")], graph)).map((n) => [n.path, n]));
        const after = await downgrade(node("M"), graph, [{ path, version: "1" }]);
        const raised = after.filter(({ path: other, version }) => {
          const bound = other === path ? "1" : before.get(other)?.version;
          return bound !== undefined && compareVersions(other, version, bound) > 0;
        });
        expect(raised).toEqual([]);
      }),
    );
  });
});

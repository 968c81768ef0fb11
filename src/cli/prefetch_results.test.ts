import { describe, expect, it } from "vitest";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { ModuleVersion } from "../module/module_version.ts";
import { parseModuleVersion } from "../module/path.ts";
import type { PrefetchEvent } from "../prefetch/prefetch_event.ts";
import { moduleLine } from "./prefetch_json.ts";
import { PrefetchResults } from "./prefetch_results.ts";
import { formatTimings } from "./prefetch_timings.ts";

const A = parseModuleVersion("example.com/a", "v1.10.0");
const B = parseModuleVersion("example.com/a", "v1.9.0");
const C = parseModuleVersion("example.com/B", "v1.0.0");

type Finished = Extract<PrefetchEvent, { kind: "finished" }>;

function finished(
  id: ModuleVersion,
  part: Finished["part"],
  more: Partial<Finished> = {},
): Finished {
  const origin = { kind: "proxy", name: "http://proxy.example" } as const;
  return { kind: "finished", id, part, origin, bytes: 100, milliseconds: 40, ...more };
}

function gather(events: readonly PrefetchEvent[]): PrefetchResults {
  let now = 0;
  const results = new PrefetchResults(() => {
    now += 10;
    return now;
  });
  for (const event of events) results.record(event);
  return results;
}

describe("PrefetchResults", () => {
  it("gathers parts by module, ordered by path and version", () => {
    const results = gather([
      finished(A, "mod"),
      finished(B, "mod"),
      finished(C, "mod"),
      finished(A, "zip", { bytes: 1000 }),
    ]);
    const modules = results.modules();
    expect(modules.map(({ id }) => id)).toEqual([C, B, A]);
    expect(modules[2]).toMatchObject({ bytes: 1100, milliseconds: 70 });
    expect(modules[2]?.parts.map(({ part }) => part)).toEqual(["mod", "zip"]);
  });

  it("counts sources, but not what was resident", () => {
    const results = gather([
      finished(A, "zip", { origin: { kind: "direct" } }),
      finished(A, "mod"),
      finished(B, "mod"),
      finished(C, "mod", { origin: { kind: "resident" }, bytes: 0 }),
    ]);
    expect([...results.sources()]).toEqual([
      ["http://proxy.example", 2],
      ["direct", 1],
    ]);
  });
});

describe("moduleLine()", () => {
  const lineOf = (events: readonly PrefetchEvent[]): unknown => {
    const [module] = gather(events).modules();
    if (module === undefined) throw new Error("there is no module");
    return JSON.parse(moduleLine(module));
  };

  it("tells of a module that came", () => {
    const resident = finished(A, "info", { origin: { kind: "resident" }, bytes: 0 });
    expect(lineOf([finished(A, "mod"), finished(A, "zip", { bytes: 1000 }), resident])).toEqual({
      path: "example.com/a",
      version: "v1.10.0",
      parts: ["mod", "zip", "info"],
      bytes: 1100,
      source: "http://proxy.example",
      time: 0.06,
    });
  });

  it("tells of a module that was there", () => {
    const line = lineOf([finished(A, "zip", { origin: { kind: "resident" }, bytes: 0 })]);
    expect(line).toMatchObject({ source: "resident", bytes: 0, parts: ["zip"] });
  });

  it("tells what a dry run would fetch", () => {
    const line = lineOf([
      { kind: "missing", id: A, part: "zip" },
      finished(A, "mod", { origin: { kind: "resident" }, bytes: 0 }),
    ]);
    expect(line).toMatchObject({ parts: ["mod"], missing: ["zip"], source: "resident" });
  });

  it("tells why a module failed, with the cause", () => {
    const error = new GomodfsError("UPSTREAM", "no answer", { cause: new Error("ECONNREFUSED") });
    const line = lineOf([{ kind: "failed", id: A, part: "zip", error, milliseconds: 40 }]);
    expect(line).toMatchObject({ parts: [], source: null, error: "no answer: ECONNREFUSED" });
  });
});

describe("formatTimings()", () => {
  it("lists the slowest modules first, and totals of parts and phases", () => {
    const results = gather([
      finished(A, "zip", { milliseconds: 2000, bytes: 1 << 20 }),
      finished(B, "zip", { milliseconds: 500 }),
      finished(B, "info", { origin: { kind: "resident" }, bytes: 0, milliseconds: 0 }),
      finished(C, "mod", { origin: { kind: "resident" }, bytes: 0, milliseconds: 0 }),
      { kind: "failed", id: C, part: "zip", error: new Error("gone"), milliseconds: 10 },
    ]);
    const text = formatTimings(results.modules(), [{ name: "fetch", milliseconds: 2100 }]);
    expect(text).toBe(
      [
        "slowest modules          time    bytes",
        "example.com/a@v1.10.0   2.0 s  1.0 MiB",
        "example.com/a@v1.9.0   510 ms    100 B",
        "example.com/B@v1.0.0    10 ms      0 B",
        "",
        "parts  resident  fetched  failed  time of all  longest    bytes",
        ".zip          0        2       1        2.5 s    2.0 s  1.0 MiB",
        ".mod          1        0       0         0 ms     0 ms      0 B",
        ".info         1        0       0         0 ms     0 ms      0 B",
        "",
        "phases   time",
        "fetch   2.1 s",
        "",
      ].join("\n"),
    );
  });
});

import { describe, expect, it } from "vitest";
import { parseModuleVersion } from "../module/path.ts";
import type { PrefetchSummary } from "../prefetch/prefetch_event.ts";
import { formatSummary } from "./prefetch_summary.ts";

const SUMMARY: PrefetchSummary = {
  modules: 437,
  zips: 141,
  resident: 12,
  fetched: 1263,
  bytes: 150 << 20,
  failures: [],
  milliseconds: 2100,
};

function format(
  summary: Partial<PrefetchSummary>,
  { sources = ["http://a"], dryRun = false } = {},
): string {
  return formatSummary({
    summary: { ...SUMMARY, ...summary },
    into: "/cache",
    sources: new Map(sources.map((name) => [name, 1])),
    milliseconds: 2149,
    dryRun,
  });
}

describe("formatSummary()", () => {
  it("tells modules, bytes, seconds and from where", () => {
    expect(format({})).toBe(
      "437 modules (141 zips) in /cache: 12 were there, 1263 files fetched, 150.0 MiB from http://a, 2.1 s",
    );
  });

  it("names a few of many sources", () => {
    expect(format({}, { sources: ["a", "b", "c", "d", "e"] })).toContain(
      "from a, b, c and 2 others,",
    );
  });

  it("says that all were there, that nothing is needed, and what a dry run would do", () => {
    expect(format({ resident: 437, fetched: 0, bytes: 0 })).toBe(
      "437 modules (141 zips) in /cache: all were there, 2.1 s",
    );
    expect(format({ modules: 0, zips: 0 })).toBe("nothing to fetch");
    expect(format({}, { dryRun: true })).toBe(
      "437 modules (141 zips) would go into /cache; 12 are there",
    );
  });

  it("counts what failed", () => {
    const id = parseModuleVersion("example.com/a", "v1.0.0");
    expect(format({ failures: [{ id, part: "zip", error: new Error("x") }] })).toContain(
      ", 1 part failed, ",
    );
  });
});

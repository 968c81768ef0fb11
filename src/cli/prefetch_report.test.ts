import { describe, expect, it } from "vitest";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { parseModuleVersion } from "../module/path.ts";
import type { PrefetchSummary } from "../prefetch/prefetch_event.ts";
import type { DisplayStream } from "./prefetch_display.ts";
import { PrefetchReport, type PrefetchReportOptions } from "./prefetch_report.ts";

const A = parseModuleVersion("example.com/a", "v1.0.0");

class TextStream implements DisplayStream {
  text = "";
  write(text: string): void {
    this.text += text;
  }
  on(): void {}
  off(): void {}
}

const SUMMARY: PrefetchSummary = {
  modules: 1,
  zips: 1,
  resident: 0,
  fetched: 1,
  bytes: 2048,
  failures: [],
  milliseconds: 1,
};

/** Reports a prefetch with a note, a success and a failure. */
function report(options: Partial<PrefetchReportOptions>): { out: string; err: string } {
  const results = new TextStream();
  const messages = new TextStream();
  const told = new PrefetchReport({
    results,
    messages,
    verbosity: "normal",
    json: false,
    timings: false,
    environment: {},
    ...options,
  });
  told.record({ kind: "note", message: "example.com/local is local" });
  told.record({
    kind: "finished",
    id: A,
    part: "zip",
    origin: { kind: "proxy", name: "http://p" },
    bytes: 2048,
    milliseconds: 30,
  });
  told.record({
    kind: "failed",
    id: A,
    part: "info",
    error: new GomodfsError("NOT_FOUND", "not found", { hint: "look" }),
    milliseconds: 1,
  });
  told.finish({ summary: SUMMARY, into: "/m", phases: PHASES, dryRun: false });
  return { out: results.text, err: messages.text };
}

const PHASES = [
  { name: "a", milliseconds: 2 },
  { name: "b", milliseconds: 3 },
];
const SUMMARY_LINE = "1 module (1 zip) in /m: 1 file fetched, 2.0 KiB from http://p, 5 ms\n";
const FAILURE = "gomodfs: example.com/a@v1.0.0 (.info): not found\n  look\n";

describe("PrefetchReport", () => {
  it("tells notes and failures as they come, and the sum at the end", () => {
    expect(report({})).toEqual({
      out: SUMMARY_LINE,
      err: `gomodfs: example.com/local is local\n${FAILURE}`,
    });
  });

  it("tells nothing but failures if it is quiet", () => {
    expect(report({ verbosity: "quiet" })).toEqual({ out: "", err: FAILURE });
  });

  it("tells of each file if it is verbose", () => {
    expect(report({ verbosity: "verbose" }).err).toContain(
      "example.com/a@v1.0.0.zip 2.0 KiB in 30 ms from http://p\n",
    );
  });

  it("lists what a dry run would fetch", () => {
    const results = new TextStream();
    const told = new PrefetchReport({
      results,
      messages: new TextStream(),
      verbosity: "normal",
      json: false,
      timings: false,
      environment: {},
    });
    for (const part of ["zip", "info"] as const) told.record({ kind: "missing", id: A, part });
    told.finish({ summary: SUMMARY, into: "/m", phases: PHASES, dryRun: true });
    expect(results.text).toBe(
      "example.com/a@v1.0.0 info zip\n1 module (1 zip) would go into /m; 0 are there\n",
    );
  });

  it("keeps standard output for JSON", () => {
    const { out, err } = report({ json: true, timings: true });
    expect(out.trimEnd().split("\n")).toHaveLength(1);
    expect(JSON.parse(out)).toMatchObject({ path: "example.com/a", error: "not found" });
    expect(err).toContain("slowest modules");
    expect(err.endsWith(SUMMARY_LINE)).toBe(true);
  });

  it("prints what is known when a failure ended it", () => {
    const results = new TextStream();
    const messages = new TextStream();
    const told = new PrefetchReport({
      results,
      messages,
      verbosity: "quiet",
      json: true,
      timings: false,
      environment: {},
    });
    const error = new GomodfsError("UPSTREAM", "no answer", { hint: "wait" });
    told.record({ kind: "failed", id: A, part: "zip", error, milliseconds: 1 });
    expect(told.hasTold(error)).toBe(true);
    expect(told.hasTold(new Error("another"))).toBe(false);
    told.finishEarly(PHASES);
    expect(JSON.parse(results.text)).toMatchObject({ version: "v1.0.0", error: "no answer" });
    expect(messages.text).toContain("--continue-on-error");
  });
});

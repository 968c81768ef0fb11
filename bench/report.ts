import { mkdirSync, writeFileSync } from "node:fs";
import { arch, cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { runSuccessfully } from "../test/support/program.ts";
import { CONTENDERS, median, type Samples } from "./measure.ts";
import type { Contender, Target, Unit } from "./workload.ts";

/** A measured row. */
export interface Row {
  readonly name: string;
  readonly unit: Unit;
  readonly target: Target;
  readonly samples: Partial<Record<Contender, Samples>>;
}

/** What came of a row. */
export interface Verdict {
  /** gomodfs divided by the baseline or the peer, or gomodfs itself for an absolute target. */
  readonly value: number;
  /** Undefined without a target, or without the peer that it is about. */
  readonly met: boolean | undefined;
}

/** Compares a row with its target. */
export function judge({ target, samples }: Row): Verdict {
  const ours = median(samples.gomodfs ?? []);
  switch (target.kind) {
    case "absolute":
      return { value: ours, met: ours <= target.most };
    case "none":
      return { value: ours / median(samples.baseline ?? []), met: undefined };
    case "ratio": {
      const value = ours / median(samples.baseline ?? []);
      return { value, met: value <= target.most };
    }
    case "peer-ratio": {
      const value = ours / median(samples.peer ?? []);
      return { value, met: samples.peer === undefined ? undefined : value <= target.most };
    }
  }
}

/** The table, for people. */
export function formatTable(rows: readonly Row[]): string {
  const header = ["workload", "unit", ...CONTENDERS, "ours", "target", ""];
  const lines = rows.map((row) => {
    const { value, met } = judge(row);
    const digits = row.target.kind === "absolute" ? 0 : 2;
    return [
      row.name,
      row.unit,
      ...CONTENDERS.map((contender) => formatSamples(row.samples[contender])),
      value.toFixed(digits),
      row.target.kind === "none" ? "-" : `<= ${row.target.most.toFixed(digits)}`,
      met === undefined ? "" : met ? "met" : "MISSED",
    ];
  });
  return alignColumns([header, ...lines]);
}

/** Writes all samples with the machine they are from, and gives the file's name. */
export async function writeReport(directory: string, rows: readonly Row[]): Promise<string> {
  mkdirSync(directory, { recursive: true });
  const time = new Date().toISOString();
  const file = join(directory, `${time.replaceAll(":", "-")}.json`);
  const report = {
    time,
    machine: await describeMachine(),
    rows: rows.map((row) => ({ ...row, ...judge(row), medians: medians(row) })),
  };
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  return file;
}

async function describeMachine(): Promise<Readonly<Record<string, string | number>>> {
  return {
    kernel: release(),
    arch: arch(),
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryMegabytes: Math.round(totalmem() / 1e6),
    node: process.version,
    go: (await runSuccessfully(["go", "version"])).trim(),
  };
}

function medians({ samples }: Row): Partial<Record<Contender, number>> {
  const pairs = CONTENDERS.map((contender) => [contender, samples[contender]] as const);
  const measured = pairs.flatMap(([contender, values]) =>
    values === undefined ? [] : [[contender, median(values)] as const],
  );
  return Object.fromEntries(measured);
}

function formatSamples(samples: Samples | undefined): string {
  if (samples === undefined) return "-";
  const spread = `${Math.min(...samples).toFixed(0)}-${Math.max(...samples).toFixed(0)}`;
  return `${median(samples).toFixed(0)} (${spread})`;
}

function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}

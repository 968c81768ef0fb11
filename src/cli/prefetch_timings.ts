import type { ModulePart } from "../cache/module_cache.ts";
import { formatModuleVersion } from "../module/module_version.ts";
import type { ModuleResult, PartOutcome } from "./prefetch_results.ts";
import { formatBytes, formatDuration } from "./quantity.ts";
import type { Phase } from "./stopwatch.ts";

const SLOWEST = 10;

/** The tables of `prefetch --timings`: the slowest modules, the parts by kind, and the command's phases. */
export function formatTimings(modules: readonly ModuleResult[], phases: readonly Phase[]): string {
  return [slowestTable(modules), partTable(modules), phaseTable(phases)]
    .map(formatTable)
    .join("\n");
}

type Row = readonly string[];

function slowestTable(modules: readonly ModuleResult[]): Row[] {
  const slowest = modules
    .filter(({ parts }) => parts.some(({ outcome }) => outcome.kind !== "resident"))
    .sort((a, b) => b.milliseconds - a.milliseconds)
    .slice(0, SLOWEST);
  return [
    ["slowest modules", "time", "bytes"],
    ...slowest.map(({ id, milliseconds, bytes }) => [
      formatModuleVersion(id),
      formatDuration(milliseconds),
      formatBytes(bytes),
    ]),
  ];
}

function partTable(modules: readonly ModuleResult[]): Row[] {
  const kinds = ["zip", "mod", "info"] as const satisfies readonly ModulePart[];
  const rows = kinds.map((kind) => {
    const parts = modules.flatMap((module) => module.parts.filter(({ part }) => part === kind));
    const those = (outcome: PartOutcome["kind"]) =>
      parts.filter((part) => part.outcome.kind === outcome);
    const fetched = those("fetched");
    const times = fetched.map(({ milliseconds }) => milliseconds);
    return [
      `.${kind}`,
      String(those("resident").length),
      String(fetched.length),
      String(those("failed").length),
      formatDuration(sum(times)),
      formatDuration(times.reduce((a, b) => Math.max(a, b), 0)),
      formatBytes(sum(fetched.map(({ bytes }) => bytes))),
    ];
  });
  return [["parts", "resident", "fetched", "failed", "time of all", "longest", "bytes"], ...rows];
}

function phaseTable(phases: readonly Phase[]): Row[] {
  return [
    ["phases", "time"],
    ...phases.map(({ name, milliseconds }) => [name, formatDuration(milliseconds)]),
  ];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Names to the left, figures to the right. */
function formatTable(rows: readonly Row[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), 0),
  );
  return rows
    .map((row) => {
      const cells = row.map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      });
      return `${cells.join("  ").trimEnd()}\n`;
    })
    .join("");
}

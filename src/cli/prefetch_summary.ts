import type { PrefetchSummary } from "../prefetch/prefetch_event.ts";
import { formatBytes, formatCount, formatDuration } from "./quantity.ts";

/** What a summary is written from. */
export interface SummaryParts {
  readonly summary: PrefetchSummary;
  /** Where the modules went, for people: a directory or a store. */
  readonly into: string;
  /** Where they came from, and how many parts. */
  readonly sources: ReadonlyMap<string, number>;
  /** From the start of the command, in milliseconds. */
  readonly milliseconds: number;
  readonly dryRun: boolean;
}

/** Sources that are named; behind them only their number. */
const NAMED_SOURCES = 3;

/** The last line of a prefetch: how many modules, bytes and seconds, and from where. */
export function formatSummary(parts: SummaryParts): string {
  const { summary, into, dryRun } = parts;
  const { modules, zips, failures } = summary;
  const what = `${formatCount(modules, "module")} (${formatCount(zips, "zip")})`;
  if (modules === 0) return "nothing to fetch";
  if (dryRun) return `${what} would go into ${into}; ${summary.resident} are there`;
  const failed = failures.length > 0 ? `, ${formatCount(failures.length, "part")} failed` : "";
  return `${what} in ${into}: ${formatFetched(parts)}${failed}, ${formatDuration(parts.milliseconds)}`;
}

function formatFetched({ summary, sources }: SummaryParts): string {
  const { resident, modules, fetched, bytes } = summary;
  if (fetched === 0) return resident === modules ? "all were there" : `${resident} were there`;
  const from = sources.size === 0 ? "" : ` from ${formatSources([...sources.keys()])}`;
  const there = resident > 0 ? `${resident} were there, ` : "";
  return `${there}${formatCount(fetched, "file")} fetched, ${formatBytes(bytes)}${from}`;
}

function formatSources(names: readonly string[]): string {
  const further = names.length - NAMED_SOURCES;
  const named = names.slice(0, NAMED_SOURCES).join(", ");
  return further > 0 ? `${named} and ${formatCount(further, "other")}` : named;
}

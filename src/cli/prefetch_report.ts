import { formatModuleVersion } from "../module/module_version.ts";
import type { PrefetchEvent, PrefetchSummary } from "../prefetch/prefetch_event.ts";
import type { DisplayStream, PrefetchDisplay } from "./prefetch_display.ts";
import { chooseDisplay } from "./prefetch_display_choice.ts";
import { describeFailure } from "./prefetch_failure.ts";
import { moduleLine } from "./prefetch_json.ts";
import type { Verbosity } from "./prefetch_log.ts";
import { PrefetchProgress } from "./prefetch_progress.ts";
import { type ModuleResult, PrefetchResults } from "./prefetch_results.ts";
import { formatSummary } from "./prefetch_summary.ts";
import { formatTimings } from "./prefetch_timings.ts";
import { formatBytes, formatDuration } from "./quantity.ts";
import type { Phase } from "./stopwatch.ts";

/** Where a report goes, and what is in it. */
export interface PrefetchReportOptions {
  /** Gets results: standard output. */
  readonly results: { write(text: string): unknown };
  /** Gets progress, notes and failures: standard error. */
  readonly messages: DisplayStream;
  readonly verbosity: Verbosity;
  readonly json: boolean;
  readonly timings: boolean;
  readonly environment: NodeJS.ProcessEnv;
}

/** What a prefetch did, and where. */
export interface PrefetchOutcome {
  readonly summary: PrefetchSummary;
  /** Where modules went, for people. */
  readonly into: string;
  /** All of the command's time. */
  readonly phases: readonly Phase[];
  readonly dryRun: boolean;
}

/** Tells people and programs what a prefetch does. */
export class PrefetchReport implements Disposable {
  readonly #options: PrefetchReportOptions;
  readonly #progress = new PrefetchProgress();
  readonly #results = new PrefetchResults();
  readonly #display: PrefetchDisplay;
  readonly #told = new Set<unknown>();
  #isOpen = true;

  constructor(options: PrefetchReportOptions) {
    this.#options = options;
    this.#display = chooseDisplay(options.messages, this.#progress, {
      quiet: options.verbosity === "quiet",
      environment: options.environment,
    });
  }

  /** Takes up an event. */
  readonly record = (event: PrefetchEvent): void => {
    this.#progress.record(event);
    this.#results.record(event);
    const { verbosity } = this.#options;
    if (event.kind === "failed") {
      this.#told.add(event.error);
      this.print(describeFailure(event));
    }
    if (event.kind === "note" && verbosity !== "quiet") this.print(`gomodfs: ${event.message}`);
    if (event.kind === "finished" && verbosity === "verbose") this.print(describeFinished(event));
  };

  /** Prints a line above the progress. */
  print(line: string): void {
    this.#display.print(line);
  }

  /** Whether a failure with this error was printed. */
  hasTold(error: unknown): boolean {
    return this.#told.has(error);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Takes the progress away: no more is to come. */
  close(): void {
    if (this.#isOpen) this.#display.close();
    this.#isOpen = false;
  }

  /** Prints the results of a prefetch that came to its end. */
  finish(outcome: PrefetchOutcome): void {
    const { phases, dryRun } = outcome;
    this.#printResults(phases);
    if (dryRun && !this.#options.json) this.#write(formatMissing(this.#results.modules()));
    if (this.#options.verbosity === "quiet") return;
    const milliseconds = phases.reduce((sum, phase) => sum + phase.milliseconds, 0);
    const sources = this.#results.sources();
    this.#write(`${formatSummary({ ...outcome, sources, milliseconds })}\n`);
  }

  /** Prints the results of a prefetch that a failure ended, which was told already. */
  finishEarly(phases: readonly Phase[]): void {
    this.#printResults(phases);
    this.print("gomodfs: stopped at the first failure; --continue-on-error does the rest");
  }

  #printResults(phases: readonly Phase[]): void {
    this.close();
    const { json, timings, results } = this.#options;
    const modules = this.#results.modules();
    if (json) results.write(modules.map((module) => `${moduleLine(module)}\n`).join(""));
    if (timings) this.#write(`${formatTimings(modules, phases)}\n`);
  }

  /** Writes results for people. What a program reads must have no words for people in it. */
  #write(text: string): void {
    const { json, results, messages } = this.#options;
    (json ? messages : results).write(text);
  }
}

function describeFinished(event: Extract<PrefetchEvent, { kind: "finished" }>): string {
  const what = `${formatModuleVersion(event.id)}.${event.part}`;
  const { origin, bytes, milliseconds } = event;
  if (origin.kind === "resident") return `${what} was there`;
  const source = origin.kind === "proxy" ? origin.name : "version control";
  return `${what} ${formatBytes(bytes)} in ${formatDuration(milliseconds)} from ${source}`;
}

/** A line for each module of which something would be fetched: `MODULE@VERSION info mod zip`. */
function formatMissing(modules: readonly ModuleResult[]): string {
  return modules
    .map(({ id, parts }) => ({
      id,
      missing: parts.filter(({ outcome }) => outcome.kind === "missing").map(({ part }) => part),
    }))
    .filter(({ missing }) => missing.length > 0)
    .map(({ id, missing }) => `${formatModuleVersion(id)} ${missing.sort().join(" ")}\n`)
    .join("");
}

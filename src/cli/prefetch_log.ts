import type { LogFields, Logger } from "../lib/logger.ts";
import { explain } from "./prefetch_failure.ts";

/** How much a prefetch says besides its results. */
export type Verbosity = "quiet" | "normal" | "verbose";

/**
 * A logger that prints its events as lines of the command itself, above the progress: `gomodfs: MESSAGE: CAUSE`.
 *
 * @param print prints one line
 */
export function createPrefetchLog(verbosity: Verbosity, print: (line: string) => void): Logger {
  const say = (message: string, { error, ...fields }: LogFields = {}): void => {
    const words = [message, ...Object.entries(fields).map(([name, value]) => field(name, value))];
    const cause = error === undefined ? "" : `: ${explain(error)}`;
    print(`gomodfs: ${words.join(" ")}${cause}`);
  };
  const nothing = (): void => {};
  return {
    debug: verbosity === "verbose" ? say : nothing,
    info: verbosity === "quiet" ? nothing : say,
    warn: verbosity === "quiet" ? nothing : say,
    error: say,
  };
}

function field(name: string, value: unknown): string {
  return `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`;
}

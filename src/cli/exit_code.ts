import { GomodfsError } from "../lib/gomodfs_error.ts";

/** The command did what it says. */
export const EXIT_DONE = 0;
/** The command could not do it. */
export const EXIT_FAILED = 1;
/** The command line is wrong. */
export const EXIT_USAGE = 2;

/** Prints why a command failed, and gives the exit code that says so. */
export function reportError(error: unknown): number {
  if (!(error instanceof GomodfsError)) {
    process.stderr.write(
      `gomodfs: internal error: ${error instanceof Error ? error.stack : String(error)}\n`,
    );
    return EXIT_FAILED;
  }
  process.stderr.write(`gomodfs: ${error.message}${causes(error)}\n`);
  if (error.hint !== undefined) process.stderr.write(`  ${error.hint}\n`);
  return error.code === "USAGE" ? EXIT_USAGE : EXIT_FAILED;
}

/** The messages of an error's causes that it does not name itself, each behind a colon. */
export function causes(error: Error): string {
  const { cause } = error;
  if (!(cause instanceof Error) || error.message.includes(cause.message)) return "";
  return `: ${cause.message}${causes(cause)}`;
}

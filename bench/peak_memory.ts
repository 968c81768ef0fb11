import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { ProgramOptions } from "../test/support/program.ts";

/** How often a program is looked at. What it takes after the last look is missed. */
const INTERVAL_MILLISECONDS = 5;
const TIMEOUT_MILLISECONDS = 20 * 60_000;

/** The largest resident set of a program, without its children, until its end; it must succeed. Megabytes of 10^6. */
export async function measurePeakMegabytes(
  [file, ...args]: readonly [string, ...string[]],
  { directory, environment }: Omit<ProgramOptions, "input" | "timeout">,
): Promise<number> {
  const child = spawn(file, args, {
    cwd: directory,
    env: environment,
    stdio: ["ignore", "ignore", "inherit"],
    timeout: TIMEOUT_MILLISECONDS,
  });
  let kilobytes = 0;
  const timer = setInterval(() => {
    kilobytes = Math.max(kilobytes, peakKilobytes(child.pid));
  }, INTERVAL_MILLISECONDS);
  const { promise, resolve, reject } = Promise.withResolvers<number | string>();
  child.once("error", reject);
  child.once("close", (code, signal) => resolve(code ?? signal ?? "SIGKILL"));
  try {
    const status = await promise;
    if (status !== 0) throw new Error(`${[file, ...args].join(" ")} ended with ${status}`);
  } finally {
    clearInterval(timer);
  }
  return (kilobytes * 1024) / 1e6;
}

/** VmHWM of proc_pid_status(5); 0 for a process that is gone or on its way out, which has no memory any more. */
function peakKilobytes(pid: number | undefined): number {
  if (pid === undefined) return 0;
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

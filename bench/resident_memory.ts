import { readFileSync } from "node:fs";

/** The resident set of a process now: VmRSS of proc_pid_status(5). Megabytes of 10^6. */
export function residentMegabytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return (Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024) / 1e6;
}

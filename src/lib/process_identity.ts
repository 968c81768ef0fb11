import { readFileSync, readlinkSync } from "node:fs";
import { GomodfsError } from "./gomodfs_error.ts";
import { readProcessStat } from "./process_stat.ts";

/** A process, told apart from every other that has or had or will have its id. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from boot to its start (proc_pid_stat(5), field 22). */
  readonly startTime: string;
  /** The boot of the machine and the pid namespace that `pid` counts in; a store may be shared by several. */
  readonly machine: string;
}

/** What is known of a process: it lives, it has ended, or it belongs to a machine or container that is not this one. */
export type Liveness = "alive" | "ended" | "elsewhere";

/** Who this process is. Needs /proc. */
export function currentProcess(): ProcessIdentity {
  const stat = readProcessStat("self");
  if (stat === undefined) {
    throw new GomodfsError(
      "UNSUPPORTED",
      "cannot tell this process from others: there is no /proc",
    );
  }
  return { pid: process.pid, startTime: stat.startTime, machine: currentMachine() };
}

/** Whether a process still runs; one that has ended but whose parent has not noticed (a zombie) does not. */
export function processLiveness(identity: ProcessIdentity): Liveness {
  if (identity.machine !== currentMachine()) return "elsewhere";
  const stat = readProcessStat(identity.pid);
  if (stat === undefined || stat.startTime !== identity.startTime) return "ended";
  return stat.state === "Z" || stat.state === "X" ? "ended" : "alive";
}

function currentMachine(): string {
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  return `${boot} ${readlinkSync("/proc/self/ns/pid")}`;
}

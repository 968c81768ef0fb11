import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/**
 * Who holds a lock, as one line: process id, when the process started (ids are used again), and the world in which the
 * id means something: machine and, for containers that share a store, process id namespace.
 */
export function describeOwner(): string {
  return `gomodfs ${process.pid} ${startTime(process.pid) ?? "-"} ${world()}\n`;
}

/** Whether the process that `owner` describes is gone; undefined if that cannot be told from here. */
export function isOwnerGone(owner: string): boolean | undefined {
  const [, pid, start, where] = /^gomodfs ([1-9][0-9]{0,9}) (\S+) (.+)\n$/.exec(owner) ?? [];
  if (pid === undefined || where !== world()) return undefined;
  if (!isRunning(Number(pid))) return true;
  return (startTime(Number(pid)) ?? "-") !== start;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}

/** Field 22 of proc_pid_stat(5), clock ticks since boot; undefined where there is no /proc. */
function startTime(pid: number): string | undefined {
  const stat = readIfThere(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  // The command's name in parentheses is field 2 and may itself hold spaces and parentheses.
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
}

function world(): string {
  const boot = readIfThere(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
  const namespace = readIfThere(() => readlinkSync("/proc/self/ns/pid"));
  return `${hostname()} ${boot ?? "-"} ${namespace ?? "-"}`;
}

function readIfThere(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

import { readFileSync } from "node:fs";

/** What /proc/PID/stat says of a process, as far as gomodfs asks (proc_pid_stat(5)). */
export interface ProcessStat {
  /** Field 3; "Z" and "X" are processes that ended already. */
  readonly state: string;
  /** Field 5. */
  readonly processGroup: number;
  /** Field 8: the foreground process group of the controlling terminal, -1 without a terminal. */
  readonly foregroundProcessGroup: number;
  /** Field 22: clock ticks since boot, in decimal. With the pid it names a process for as long as the machine is up. */
  readonly startTime: string;
}

/**
 * Reads /proc/PID/stat.
 *
 * @returns undefined if there is no such process, or no /proc
 */
export function readProcessStat(pid: number | "self"): ProcessStat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined;
  }
  return parseProcessStat(text);
}

/** Parses the line of /proc/PID/stat; undefined if it is not one. */
export function parseProcessStat(text: string): ProcessStat | undefined {
  // Field 2 is the command's name in parentheses; it may itself hold spaces and parentheses, so the last one counts.
  const afterName = text.slice(text.lastIndexOf(")") + 1);
  const [state, , processGroup, , , foreground, ...rest] = afterName.trim().split(" ");
  const startTime = rest[13];
  if (state === undefined || processGroup === undefined || foreground === undefined)
    return undefined;
  if (startTime === undefined || !/^[0-9]+$/.test(startTime)) return undefined;
  const parsed = {
    state,
    processGroup: Number(processGroup),
    foregroundProcessGroup: Number(foreground),
    startTime,
  };
  return Number.isInteger(parsed.processGroup) && Number.isInteger(parsed.foregroundProcessGroup)
    ? parsed
    : undefined;
}

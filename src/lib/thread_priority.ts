import { readlinkSync } from "node:fs";
import { setPriority } from "node:os";

/**
 * Sets the niceness of the calling thread alone (setpriority(2) takes a thread's id on Linux): -20, which needs
 * privilege, to 19, which lets all others go first. Does nothing where it cannot be done.
 */
export function setThreadNiceness(niceness: number): void {
  try {
    // PID/task/TID
    const thread = Number(readlinkSync("/proc/thread-self").split("/").at(-1));
    setPriority(thread, niceness);
  } catch {
    // Without /proc or the privilege it only takes its turn like everybody else.
  }
}

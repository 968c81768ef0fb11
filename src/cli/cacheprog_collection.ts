import { isCollectionDue } from "../buildcache/disk/collection_schedule.ts";
import type { DiskLayout } from "../buildcache/disk/disk_layout.ts";
import type { CacheprogSettings } from "./cacheprog_settings.ts";

/**
 * Cleans up in a process of its own, if it is time to: the go command has ended by then, and nobody waits for it. Its
 * standard error is not ours, since who reads that waits for all who have it.
 */
export function collectInBackground(
  layout: DiskLayout,
  { maxSize = 0, expiry = 0 }: Pick<CacheprogSettings, "maxSize" | "expiry">,
): void {
  if (!isCollectionDue(layout.collectorLock, Date.now())) return;
  const { spawn } = process.getBuiltinModule("node:child_process");
  const [, program = ""] = process.argv;
  const args = [
    ...process.execArgv,
    program,
    "cacheprog",
    "gc",
    "--automatic",
    `--cache-dir=${layout.directory}`,
    `--max-size=${maxSize}`,
    `--expiry=${expiry}ms`,
  ];
  const child = spawn(process.execPath, args, { detached: true, stdio: "ignore", cwd: "/" });
  // Another time, then.
  child.on("error", () => {});
  child.unref();
}

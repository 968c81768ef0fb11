import { setPriority } from "node:os";
import type { DiskLayout } from "../buildcache/disk/disk_layout.ts";
import { type CollectionReport, GarbageCollector } from "../buildcache/disk/garbage_collector.ts";
import { writeAll } from "../buildcache/server/descriptor_io.ts";
import { isGomodfsError } from "../lib/gomodfs_error.ts";
import type { CacheprogSettings } from "./cacheprog_settings.ts";
import { EXIT_DONE } from "./exit_code.ts";
import { formatBytes, formatCount } from "./quantity.ts";

const LOWEST_PRIORITY = 19;
const STDOUT = 1;

/** Runs `gomodfs cacheprog gc`. @throws GomodfsError `BUSY`, `STORE` */
export async function runGc(layout: DiskLayout, settings: CacheprogSettings): Promise<number> {
  const { maxSize: maxBytes, expiry, dryRun, json, automatic } = settings;
  if (automatic) setPriority(LOWEST_PRIORITY);
  const collector = new GarbageCollector(layout);
  try {
    const report = await collector.collect({ maxBytes, expiry, dryRun });
    writeAll(STDOUT, Buffer.from(json ? `${JSON.stringify(report)}\n` : describe(report, dryRun)));
  } catch (error) {
    // Then it is being done.
    if (!(automatic && isGomodfsError(error, "BUSY"))) throw error;
  }
  return EXIT_DONE;
}

function describe(report: CollectionReport, dryRun: boolean): string {
  const { outputs, actions, leftOvers, removedBytes, keptBytes, sessions } = report;
  const verb = dryRun ? "would remove" : "removed";
  const removed = `${formatCount(outputs, "output")}, ${formatCount(actions, "action")}`;
  const parts = [
    `${verb} ${removed} (${formatBytes(removedBytes)}); ${formatBytes(keptBytes)} ${dryRun ? "would stay" : "stay"}`,
    ...(leftOvers > 0
      ? [`${verb} ${formatCount(leftOvers, "left-over")} of killed processes`]
      : []),
    ...(sessions > 0
      ? [`${formatCount(sessions, "build")} under way: what they may use stays`]
      : []),
  ];
  return `${parts.join("\n")}\n`;
}

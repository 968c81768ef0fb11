import type { DiskLayout } from "../buildcache/disk/disk_layout.ts";
import {
  type DiskStatistics,
  type FileCount,
  readDiskStatistics,
} from "../buildcache/disk/disk_statistics.ts";
import { writeAll } from "../buildcache/server/descriptor_io.ts";
import type { CacheprogSettings } from "./cacheprog_settings.ts";
import { EXIT_DONE } from "./exit_code.ts";
import { formatBytes, formatCount } from "./quantity.ts";

const STDOUT = 1;

/** Runs `gomodfs cacheprog stats`. */
export function runStats(layout: DiskLayout, { json }: CacheprogSettings): number {
  const statistics = readDiskStatistics(layout, Date.now());
  writeAll(STDOUT, Buffer.from(json ? `${JSON.stringify(statistics)}\n` : describe(statistics)));
  return EXIT_DONE;
}

function describe(statistics: DiskStatistics): string {
  const { directory, outputs, actions, leastRecentUse, sessions, lastCollection } = statistics;
  const rows = [
    ["directory", directory],
    ["outputs", describeFiles(outputs)],
    ["actions", describeFiles(actions)],
    ["least recent use", describeTime(leastRecentUse)],
    ["builds under way", String(sessions)],
    ["last gc", describeTime(lastCollection)],
  ] as const;
  return rows.map(([name, value]) => `${name.padEnd(18)}${value}\n`).join("");
}

function describeFiles({ files, bytes }: FileCount): string {
  return `${formatCount(files, "file")}, ${formatBytes(bytes)}`;
}

function describeTime(time: Date | undefined): string {
  return time === undefined ? "never" : time.toISOString();
}

import { statSync } from "node:fs";
import type { DiskLayout } from "./disk_layout.ts";
import { type StoredFile, storedFiles } from "./inventory.ts";
import { LiveSessions } from "./live_sessions.ts";

/** Files of one kind. */
export interface FileCount {
  readonly files: number;
  /** Bytes on the disk. */
  readonly bytes: number;
}

/** What the directory of a build cache holds. */
export interface DiskStatistics {
  readonly directory: string;
  readonly outputs: FileCount;
  /** Records of actions. */
  readonly actions: FileCount;
  /** When the output that was used least recently was last used; undefined if there is none. */
  readonly leastRecentUse: Date | undefined;
  /** Sessions under way. */
  readonly sessions: number;
  /** When it was last cleaned up; undefined if never. */
  readonly lastCollection: Date | undefined;
}

/** Looks at every file of a build cache. */
export function readDiskStatistics(layout: DiskLayout, now: number): DiskStatistics {
  const outputs = [...storedFiles(layout.outputs)];
  const leastRecent = outputs.reduce((time, { lastUse }) => Math.min(time, lastUse), now);
  const lock = statSync(layout.collectorLock, { throwIfNoEntry: false });
  return {
    directory: layout.directory,
    outputs: count(outputs),
    actions: count(storedFiles(layout.actions)),
    leastRecentUse: outputs.length === 0 ? undefined : new Date(leastRecent),
    sessions: new LiveSessions(layout.sessions).list(now).length,
    lastCollection: lock?.mtime,
  };
}

function count(stored: Iterable<StoredFile>): FileCount {
  let files = 0;
  let bytes = 0;
  for (const file of stored) {
    files += 1;
    bytes += file.bytes;
  }
  return { files, bytes };
}

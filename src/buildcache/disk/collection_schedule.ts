import { closeSync, openSync, statSync } from "node:fs";

/** Milliseconds between two automatic collections: an hour, in which a build cache does not outgrow a disk. */
const INTERVAL = 3_600_000;

/**
 * Whether it is time to clean up again. Where nobody ever has, the first time is an interval from now.
 *
 * @param lock as DiskLayout.collectorLock, whose time is that of the last collection
 * @param now milliseconds since 1970
 */
export function isCollectionDue(lock: string, now: number): boolean {
  try {
    const found = statSync(lock, { throwIfNoEntry: false });
    if (found !== undefined) return now - found.mtimeMs >= INTERVAL;
    closeSync(openSync(lock, "a"));
  } catch {
    // A directory that is not ours: somebody else cleans it up.
  }
  return false;
}

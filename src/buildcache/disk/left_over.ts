import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

/** What a process of another machine or container has not touched for this long is nobody's any more: a day. */
export const LEFT_OVER_AGE = 24 * 3_600_000;
/** A process that began to write may not be seen yet in /proc of another container: ten minutes. */
const YOUNG_AGE = 600_000;

/**
 * Finds in a directory what processes that have ended have left there. The names begin with the id of the process and a
 * hyphen. A process id says nothing of other machines and containers: what is young stays in any case.
 *
 * @param now milliseconds since 1970
 */
export function findLeftOvers(directory: string, now: number): readonly string[] {
  return namesIn(directory)
    .map((name) => join(directory, name))
    .filter((path) => isLeftOver(path, now));
}

/** Removes a file or directory, also one whose files may not be written. */
export function removeLeftOver(path: string): void {
  rmSync(path, { recursive: true, force: true });
}

function isLeftOver(path: string, now: number): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return false;
  const age = now - found.mtimeMs;
  if (age > LEFT_OVER_AGE) return true;
  const [, pid] = /\/([1-9]\d{0,9})-[^/]*$/.exec(path) ?? [];
  return pid !== undefined && age > YOUNG_AGE && !existsSync(`/proc/${pid}`);
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

import type { StoredFile } from "./inventory.ts";

/** What a build cache may keep. */
export interface EvictionLimits {
  /** Bytes on the disk. */
  readonly maxBytes: number;
  /** What was last used before this moment goes, in milliseconds since 1970; -Infinity to keep all. */
  readonly expiredBefore: number;
  /** What was last used at this moment or later stays, whatever the bounds say: a running build may have been told of it. */
  readonly inUseSince: number;
}

/**
 * Chooses what has to go: what has expired, and of the rest what was used least recently until the bytes suffice.
 *
 * @returns the least recently used first
 */
export function chooseVictims(
  files: readonly StoredFile[],
  { maxBytes, expiredBefore, inUseSince }: EvictionLimits,
): readonly StoredFile[] {
  let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const victims: StoredFile[] = [];
  for (const file of files.toSorted((a, b) => a.lastUse - b.lastUse)) {
    if (file.lastUse >= inUseSince) break;
    if (bytes <= maxBytes && file.lastUse >= expiredBefore) break;
    victims.push(file);
    bytes -= file.bytes;
  }
  return victims;
}

import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** A file of a build cache. */
export interface StoredFile {
  readonly path: string;
  /** Bytes that it takes on the disk. */
  readonly bytes: number;
  /** When it was last used or written, in milliseconds since 1970, as precisely as LAST_USE_PRECISION says. */
  readonly lastUse: number;
}

/** Of stat(2), st_blocks. */
const BLOCK = 512;
const SUBDIRECTORY = /^[0-9a-f]{2}$/;
const IDENTIFIER = /^[0-9a-f]{64}$/;

/** The outputs or the action records below a directory of a build cache; what else is there is passed over. */
export function* storedFiles(directory: string): Generator<StoredFile, void, void> {
  for (const prefix of namesIn(directory)) {
    if (!SUBDIRECTORY.test(prefix)) continue;
    for (const name of namesIn(join(directory, prefix))) {
      if (!IDENTIFIER.test(name)) continue;
      const file = storedFile(`${directory}/${prefix}/${name}`);
      if (file !== undefined) yield file;
    }
  }
}

/** A file as it is now; undefined if it is gone. */
export function storedFile(path: string): StoredFile | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found?.isFile()) return undefined;
  return { path, bytes: found.blocks * BLOCK, lastUse: found.mtimeMs };
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a directory and those above it, as `makeDirectory` does and for its reasons, without waiting.
 *
 * @param mode permission bits of each directory that is made, minus what the umask takes away
 * @throws the system's error
 */
export function makeDirectorySync(path: string, mode = 0o777): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (hasCode(error, "ENOENT") && dirname(path) !== path) {
      if (!isDirectory(dirname(path))) makeDirectorySync(dirname(path), mode);
      makeLast(path, mode);
      return;
    }
    if (!hasCode(error, "EEXIST") || !isDirectory(path)) throw error;
  }
}

/** Somebody else may have made it in the moment since. */
function makeLast(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (!hasCode(error, "EEXIST") || !isDirectory(path)) throw error;
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

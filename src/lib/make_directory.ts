import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Makes a directory and those above it. Node's own recursive mkdir never returns where a directory exists and yet cannot
 * take the next one, as in /proc (it tries the two in turn for ever; Node 24).
 *
 * @throws the system's error
 */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (hasCode(error, "ENOENT") && dirname(path) !== path) {
      // Somebody else may have made it in the moment since.
      if (!(await isDirectory(dirname(path)))) await makeDirectory(dirname(path));
      await mkdir(path).catch(ignoreExisting);
      return;
    }
    if (!hasCode(error, "EEXIST") || !(await isDirectory(path))) throw error;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (hasCode(error, "ENOENT")) return false;
    throw error;
  }
}

function ignoreExisting(error: unknown): void {
  if (!hasCode(error, "EEXIST")) throw error;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

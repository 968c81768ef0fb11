import { chmodSync, lstatSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { cannotWrite, isMissing } from "./directory_error.ts";

/**
 * Removes a module's directory with everything in it, whether or not its directories can be written (RemoveAll of
 * cmd/go/internal/modfetch). It is no error if there is none.
 *
 * @throws GomodfsError `STORE`
 */
export async function removeTree(directory: string): Promise<void> {
  try {
    makeWritable(directory);
    await rm(directory, { recursive: true, force: true });
  } catch (cause) {
    throw cannotWrite(directory, cause);
  }
}

/** An extracted module's directories are 0555: names in them can be removed by root only. */
function makeWritable(directory: string): void {
  try {
    if (!lstatSync(directory).isDirectory()) return;
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  chmodSync(directory, 0o777);
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) makeWritable(join(directory, entry.name));
  }
}

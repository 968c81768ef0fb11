import { makeDirectory } from "../../lib/make_directory.ts";
import { cannotWrite } from "./directory_error.ts";
import { statusOf } from "./residency.ts";

/**
 * Makes a directory and those above it, 0777 less the umask, as the go command does.
 *
 * @throws GomodfsError `STORE`
 */
export async function makeDirectories(path: string): Promise<void> {
  try {
    // Nearly always it is there, and a look costs 2 us.
    if (statusOf(path)?.isDirectory() === true) return;
    await makeDirectory(path);
  } catch (cause) {
    throw cannotWrite(path, cause);
  }
}

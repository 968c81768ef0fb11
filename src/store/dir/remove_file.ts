import { rm } from "node:fs/promises";
import { cannotWrite } from "./directory_error.ts";

/**
 * Removes a file; it is no error if there is none.
 *
 * @throws GomodfsError `STORE`
 */
export async function removeFile(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
  } catch (cause) {
    throw cannotWrite(path, cause);
  }
}

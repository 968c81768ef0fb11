import { isGomodfsError } from "../../../lib/gomodfs_error.ts";
import type { CodeHost, CodeHostOptions } from "../code_host.ts";

/**
 * A file at a commit; undefined if there is none.
 *
 * @param commit a complete name, which is known to be there: with another one, the file's absence would say nothing
 * @throws GomodfsError as {@linkcode CodeHost}, except `NOT_FOUND`
 */
export async function readOptionalFile(
  host: CodeHost,
  commit: string,
  file: string,
  maxBytes: number,
  options: CodeHostOptions,
): Promise<Uint8Array | undefined> {
  try {
    return await host.readFile(commit, file, maxBytes, options);
  } catch (error) {
    if (isGomodfsError(error, "NOT_FOUND")) return undefined;
    throw error;
  }
}

import { join } from "node:path";
import { GomodfsError } from "../lib/gomodfs_error.ts";

/** As long as a path may be on Linux, with room for the root. */
const MAX_LENGTH = 3000;

/**
 * The local path of a database's file.
 *
 * @param file relative and slash-separated, such as `NAME/latest`
 * @throws GomodfsError `INVALID` if it could be outside `root`
 */
export function localPath(root: string, file: string): string {
  const elements = file.split("/");
  const isSafe = elements.every(
    (element) => !["", ".", ".."].includes(element) && !/[\0\\]/.test(element),
  );
  if (isSafe && file.length <= MAX_LENGTH) return join(root, ...elements);
  throw new GomodfsError(
    "INVALID",
    `${JSON.stringify(file.slice(0, 100))} cannot be a file of a checksum database`,
  );
}

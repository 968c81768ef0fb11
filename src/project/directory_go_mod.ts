import { join } from "node:path";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { type GoMod, parseGoModLax } from "../module/go_mod.ts";
import { MAX_GO_MOD_BYTES, readBoundedFile } from "./bounded_file.ts";

/**
 * The go.mod file of a directory that replaces a module.
 *
 * @throws GomodfsError `INVALID` naming the file if it is missing, cannot be read or parsed; `TOO_LARGE` past a bound
 */
export async function readDirectoryGoMod(directory: string): Promise<GoMod> {
  const file = join(directory, "go.mod");
  const text = await readBoundedFile(file, MAX_GO_MOD_BYTES);
  if (text !== undefined) return parseGoModLax(text, file);
  throw new GomodfsError("INVALID", `there is no file ${file}, though a replace line names it`, {
    hint: "bring the directory back, or remove the replace line",
  });
}

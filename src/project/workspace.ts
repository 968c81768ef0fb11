import { dirname, resolve } from "node:path";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { type GoWork, parseGoWork } from "../module/go_work.ts";
import { MAX_GO_MOD_BYTES, readBoundedFile } from "./bounded_file.ts";

const MAX_WORKSPACE_MODULES = 10_000;

/**
 * Reads a go.work file.
 *
 * @throws GomodfsError `INVALID` if it is missing, cannot be read or parsed, `TOO_LARGE` for more than 10,000 modules
 */
export async function readGoWork(file: string): Promise<GoWork> {
  const text = await readBoundedFile(file, MAX_GO_MOD_BYTES);
  if (text === undefined) throw new GomodfsError("INVALID", `there is no file ${file}`);
  const goWork = parseGoWork(text, file);
  if (goWork.use.length > MAX_WORKSPACE_MODULES) {
    throw new GomodfsError("TOO_LARGE", `${file} uses ${goWork.use.length} modules`);
  }
  return goWork;
}

/** The paths of a file in each module that a go.work file uses, absolute. */
export function workspaceFiles({ use }: GoWork, goWorkFile: string, name: string): string[] {
  return use.map((directory) => resolve(dirname(goWorkFile), directory, name));
}

import { cpSync, existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import type { ProgramResult } from "./program.ts";
import type { Sandbox } from "./sandbox.ts";

/** A program with five dependencies. */
export const HELLO = new URL("../../examples/hello", import.meta.url);
/** A program with some fifty. */
export const LARGER = new URL("../testdata/larger", import.meta.url);

/** Copies a project into a sandbox and gives its directory there. */
export function copyProject(sandbox: Sandbox, source: URL = HELLO, name = "project"): string {
  const directory = sandbox.path(name);
  cpSync(source, directory, { recursive: true });
  return directory;
}

/** Runs `gomodfs prefetch`, which must succeed, and gives what it said. */
export async function prefetchSuccessfully(
  sandbox: Sandbox,
  directory: string,
  ...args: readonly string[]
): Promise<ProgramResult> {
  const result = await sandbox.gomodfs(["prefetch", ...args], { directory });
  if (result.status === 0) return result;
  throw new Error(
    `gomodfs prefetch ended with ${result.status}\n${result.stdout}\n${result.stderr}`,
  );
}

/**
 * Names below a directory that only a writer under way needs. Lock files are none of them: the go command leaves its own
 * too.
 */
export async function temporaryFiles(directory: string): Promise<string[]> {
  if (!existsSync(directory)) return [];
  const names = await readdir(directory, { recursive: true });
  return names.filter((name) => /(\.tmp|\.tmp-[^/]*|\.partial|\/tmp_[^/]*)$/.test(name));
}

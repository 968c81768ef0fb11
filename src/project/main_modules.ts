import { dirname } from "node:path";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { type GoMod, parseGoMod } from "../module/go_mod.ts";
import type { GoWork } from "../module/go_work.ts";
import { MAX_GO_MOD_BYTES, readBoundedFile } from "./bounded_file.ts";
import type { MainModule } from "./main_module.ts";
import { readGoWork, workspaceFiles } from "./workspace.ts";

/** The go.mod file of a main module. */
export interface MainGoMod {
  /** The file that was read. */
  readonly file: string;
  /** The root of the module. */
  readonly directory: string;
  readonly goMod: GoMod;
}

/** The files that say what a main module or a workspace requires. */
export interface MainModules {
  readonly goMods: readonly MainGoMod[];
  /** Of a workspace; its relative directories begin at `directory`. */
  readonly goWork?: GoWork & { readonly directory: string };
}

/**
 * Reads the go.mod file of a main module, or the go.work file and the go.mod files of all its modules.
 *
 * @param missing whether a go.mod file that does not exist is an error, or left out
 * @throws GomodfsError `INVALID` naming a file that is missing, cannot be read or parsed; `TOO_LARGE` past a bound
 */
export async function readMainModules(
  main: MainModule,
  missing: "refuse" | "skip" = "refuse",
): Promise<MainModules> {
  if (main.kind === "module") {
    const goMod = await readGoMod(main.modFile, dirname(main.goMod));
    return { goMods: present(goMod, main.modFile, "GOFLAGS=-modfile names it", missing) };
  }
  const goWork = await readGoWork(main.goWork);
  const files = workspaceFiles(goWork, main.goWork, "go.mod");
  const goMods = await Promise.all(files.map((file) => readGoMod(file, dirname(file))));
  return {
    goMods: goMods.flatMap((goMod, index) =>
      present(goMod, files[index] ?? "", `${main.goWork} uses its module`, missing),
    ),
    goWork: { directory: dirname(main.goWork), ...goWork },
  };
}

async function readGoMod(file: string, directory: string): Promise<MainGoMod | undefined> {
  const text = await readBoundedFile(file, MAX_GO_MOD_BYTES);
  return text === undefined ? undefined : { file, directory, goMod: parseGoMod(text, file) };
}

function present(
  goMod: MainGoMod | undefined,
  file: string,
  reason: string,
  missing: "refuse" | "skip",
): MainGoMod[] {
  if (goMod !== undefined) return [goMod];
  if (missing === "skip") return [];
  throw new GomodfsError("INVALID", `there is no file ${file}, though ${reason}`);
}

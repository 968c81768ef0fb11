import { statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { parseGoSum, type SumLine } from "../module/go_sum.ts";
import { findMainModule, type MainModule, type MainModuleSettings } from "./main_module.ts";
import { type MainGoMod, type MainModules, readMainModules } from "./main_modules.ts";
import { type Replacements, replacementsOf } from "./replacements.ts";
import { readSumFiles } from "./sum_files.ts";
import { usesVendorDirectory } from "./vendor_directory.ts";

/** What the go command works on: a main module, or a workspace of several. */
export interface Project {
  /** `vendored`: either of the two, whose dependencies are in its vendor directory. */
  readonly kind: "module" | "workspace" | "vendored";
  /** The go.mod or go.work file. */
  readonly file: string;
  readonly goMods: readonly MainGoMod[];
  /** The lines of all its go.sum and go.work.sum files. */
  readonly sums: readonly SumLine[];
  readonly replacements: Replacements;
  /** Module versions that no requirement counts for, as `path@version`. */
  readonly excluded: ReadonlySet<string>;
  /** The go line of go.work or go.mod. */
  readonly go: string | undefined;
  /** Its toolchain line. */
  readonly toolchain: string | undefined;
}

/**
 * Reads a project from disk as the go command does in a directory.
 *
 * @param path absolute: a directory in a module or workspace, or a go.mod or go.work file itself
 * @throws GomodfsError `USAGE` if there is no project, `INVALID` naming a file that cannot be read or parsed, `TOO_LARGE`
 * past a bound
 */
export async function readProject(path: string, settings: MainModuleSettings): Promise<Project> {
  const main = locate(path, settings);
  const modules = await readMainModules(main);
  const sums = await readSumFiles(main);
  const { go, toolchain } = modules.goWork ?? modules.goMods[0]?.goMod ?? {};
  return {
    kind: (await usesVendorDirectory(main, settings.flags.mod)) ? "vendored" : main.kind,
    file: main.kind === "workspace" ? main.goWork : main.modFile,
    goMods: modules.goMods,
    sums: sums.flatMap(({ path: file, text }) => parseGoSum(text, file)),
    replacements: replacementsOf(modules),
    excluded: excludedBy(modules),
    go,
    toolchain,
  };
}

function locate(path: string, settings: MainModuleSettings): MainModule {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) {
    throw new GomodfsError("USAGE", `there is no ${path}`, {
      hint: "name the directory of a Go module, or MODULE@VERSION",
    });
  }
  const main = stats.isDirectory() ? findMainModule(path, settings) : mainModuleOfFile(path);
  if (main !== undefined) return main;
  throw new GomodfsError(
    "USAGE",
    stats.isDirectory()
      ? `there is no go.mod or go.work file in ${path} or above it`
      : `${path} is neither a directory nor a go.mod or go.work file`,
    { hint: "name the directory of a Go module, its go.mod file, or MODULE@VERSION" },
  );
}

/** A file that is named itself is the project, whatever GOWORK and -modfile say. */
function mainModuleOfFile(path: string): MainModule | undefined {
  const file = resolve(path);
  const name = basename(file);
  if (name.endsWith(".work")) return { kind: "workspace", goWork: file };
  if (!name.endsWith(".mod")) return undefined;
  return { kind: "module", goMod: resolve(dirname(file), "go.mod"), modFile: file };
}

/** All main modules' lines count together (cmd/go/internal/modload, goModSummary). */
function excludedBy({ goMods }: MainModules): Set<string> {
  return new Set(
    goMods.flatMap(({ goMod }) => goMod.exclude.map(({ path, version }) => `${path}@${version}`)),
  );
}

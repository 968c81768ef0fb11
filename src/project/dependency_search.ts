import { isGomodfsError } from "../lib/gomodfs_error.ts";
import type { ModuleReference } from "../module/go_mod.ts";
import { findMainModule, type MainModuleSettings } from "./main_module.ts";
import { readMainModules } from "./main_modules.ts";
import { replacementsOf } from "./replacements.ts";
import { readSumFiles, type SumFile } from "./sum_files.ts";
import { usesVendorDirectory } from "./vendor_directory.ts";

/** Where to look. */
export interface DependencySearch {
  /** The working directory of the go command, absolute. */
  readonly directory: string;
  readonly settings: MainModuleSettings;
}

/**
 * The go.sum files that the go command reads in a directory; none outside of modules and workspaces.
 *
 * @throws GomodfsError `INVALID` for a file that cannot be read, `TOO_LARGE` past a bound, `USAGE` for settings that
 * contradict themselves
 */
export async function findGoSums({ directory, settings }: DependencySearch): Promise<SumFile[]> {
  const main = findMainModule(directory, settings);
  return main === undefined ? [] : await readSumFiles(main);
}

/**
 * The modules that the main module requires, or those of a workspace together: direct requirements first, replaced ones
 * by what replaces them.
 *
 * @returns nothing where a file cannot be read or parsed: the go command says what is wrong with it
 */
export async function findRequirements({
  directory,
  settings,
}: DependencySearch): Promise<ModuleReference[]> {
  try {
    const main = findMainModule(directory, settings);
    if (main === undefined) return [];
    const modules = await readMainModules(main, "skip");
    const replacements = replacementsOf(modules);
    const required = modules.goMods.flatMap(({ goMod }) => goMod.require);
    return [
      ...required.filter(({ indirect }) => !indirect),
      ...required.filter(({ indirect }) => indirect),
    ].map((module) => {
      const resolved = replacements.resolve(module);
      return resolved.kind === "module" ? resolved : module;
    });
  } catch (error) {
    if (isGomodfsError(error)) return [];
    throw error;
  }
}

/**
 * Whether builds in a directory take their dependencies from a vendor directory.
 *
 * @throws GomodfsError as {@linkcode findGoSums}
 */
export async function isVendored({ directory, settings }: DependencySearch): Promise<boolean> {
  const main = findMainModule(directory, settings);
  if (main === undefined) return settings.flags.mod === "vendor";
  return await usesVendorDirectory(main, settings.flags.mod);
}

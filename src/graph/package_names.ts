import { relative, resolve } from "node:path";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { compareBytes } from "../module/byte_order.ts";
import { isGoOrToolchain } from "../module/go_requirement.ts";
import { isPattern, packagePattern, treePattern } from "../module/package_pattern.ts";
import type { BuildListLoader } from "./build_list_loader.ts";
import type { ModuleTrees } from "./module_trees.ts";
import { importPathOf, isHiddenDirectory } from "./package_tree.ts";
import type { Requirements } from "./requirements.ts";
import type { StandardLibrary } from "./standard_library.ts";

/** What names of packages are looked up in. */
export interface PackageNameParts {
  readonly loader: BuildListLoader;
  readonly trees: ModuleTrees;
  readonly standard: StandardLibrary;
  readonly requirements: Requirements;
  /** What relative paths begin at, absolute. */
  readonly directory: string;
}

/**
 * The import paths that a name on the command line stands for: itself, those that a pattern matches, or those of
 * directories of main modules.
 *
 * @throws GomodfsError `USAGE` for a directory outside of the main modules or without packages, and what loading the module
 * graph and fetching modules throws
 */
export async function packagesNamed(name: string, parts: PackageNameParts): Promise<string[]> {
  if (/^(?:\/|\.\.?(?:\/|$))/.test(name)) return packagesInDirectory(name, parts);
  return isPattern(name) ? await packagesMatching(name, parts) : [name];
}

function packagesInDirectory(
  name: string,
  { loader, trees, directory }: PackageNameParts,
): string[] {
  const [base = ""] = name.split("...", 1);
  const path = resolve(directory, base);
  for (const main of loader.project.goMods) {
    const below = relative(main.directory, path);
    const tree = trees.get({ path: main.goMod.module ?? "", version: "" });
    if (/^\.\.(?:\/|$)/.test(below) || tree instanceof Promise) continue;
    const directories = isPattern(name)
      ? [...tree.directories()].filter((found) => isWithin(found, below, name))
      : [below];
    const packages = directories.filter((found) => tree.hasGoFiles(found));
    if (packages.length === 0) continue;
    return packages.map((found) => importPathOf(main.goMod.module ?? "", found)).sort(compareBytes);
  }
  throw new GomodfsError("USAGE", `${name} is no package of the main module`, {
    hint: "name a directory with Go files, or an import path",
  });
}

function isWithin(directory: string, below: string, name: string): boolean {
  const [, ending = ""] = name.split("...", 2);
  if (ending !== "")
    throw new GomodfsError("USAGE", `${name}: a path may have ... only at its end`);
  return below === "" || directory === below || directory.startsWith(`${below}/`);
}

async function packagesMatching(
  pattern: string,
  { loader, trees, standard, requirements }: PackageNameParts,
): Promise<string[]> {
  const matches = packagePattern(pattern);
  const mayMatch = treePattern(pattern);
  const graph = await loader.graph(requirements);
  const modules = graph.buildList().filter(({ path }) => !isGoOrToolchain(path) && mayMatch(path));
  const opened = await Promise.all(modules.map(async (module) => await trees.get(module)));
  const found = opened.flatMap((tree, index) =>
    [...tree.directories()]
      .filter((directory) => !isHiddenDirectory(directory))
      .map((directory) => ({
        path: importPathOf(modules[index]?.path ?? "", directory),
        directory,
      }))
      .filter(({ path, directory }) => matches(path) && tree.imports(directory) !== undefined)
      .map(({ path }) => path),
  );
  const ofStandard = [...standard.paths()].filter(
    (path) =>
      path !== "" && path !== "builtin" && matches(path) && standard.imports(path) !== undefined,
  );
  return [...new Set([...found, ...ofStandard])].sort(compareBytes);
}

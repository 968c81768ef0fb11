import { statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { SumText } from "../daemon/control_protocol.ts";
import { GomodfsError, isGomodfsError } from "../lib/gomodfs_error.ts";
import { type GoMod, type ModuleReference, parseGoMod } from "../module/go_mod.ts";
import { compareGoVersions } from "../module/go_version.ts";
import { parseGoWork } from "../module/go_work.ts";
import type { Replacement } from "../module/replacement.ts";
import { readBoundedFile } from "./bounded_file.ts";
import { lookUpDirective } from "./go_directive_lookup.ts";
import { findMainModule, type MainModule, type MainModuleSettings } from "./main_module.ts";

/** Where to look. */
export interface GoSumSearch {
  /** The working directory of the go command, absolute. */
  readonly directory: string;
  readonly settings: MainModuleSettings;
}

const MAX_GO_MOD_BYTES = 16 << 20;
// A line has about 100 bytes; the largest workspaces known have some ten thousand.
const MAX_GO_SUM_BYTES = 32 << 20;
const MAX_TOTAL_BYTES = 128 << 20;
const MAX_WORKSPACE_MODULES = 10_000;

/**
 * The go.sum files that the go command reads in a directory: the main module's, or go.work.sum and those of all modules
 * that go.work uses (cmd/go/internal/modload, loadModFile). Files that do not exist are left out.
 *
 * @throws GomodfsError `INVALID` for a go.work that cannot be read, `TOO_LARGE` past a bound, `USAGE` for settings that
 * contradict themselves
 */
export async function findGoSums({ directory, settings }: GoSumSearch): Promise<SumText[]> {
  const main = findMainModule(directory, settings);
  const sums: SumText[] = [];
  let total = 0;
  for (const path of main === undefined ? [] : await sumPaths(main)) {
    const text = await readBoundedFile(path, MAX_GO_SUM_BYTES);
    if (text === undefined) continue;
    total += text.length;
    if (total > MAX_TOTAL_BYTES) {
      throw new GomodfsError(
        "TOO_LARGE",
        `the go.sum files of ${directory} are too large together`,
      );
    }
    sums.push({ path, text });
  }
  return sums;
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
}: GoSumSearch): Promise<ModuleReference[]> {
  try {
    const main = findMainModule(directory, settings);
    const goMods = main === undefined ? [] : await readGoMods(main);
    const replacements = goMods.flatMap(({ replace }) => replace);
    const required = goMods.flatMap(({ require }) => require);
    return [
      ...required.filter(({ indirect }) => !indirect),
      ...required.filter(({ indirect }) => indirect),
    ].map((module) => replaced(module, replacements));
  } catch (error) {
    if (isGomodfsError(error)) return [];
    throw error;
  }
}

async function readGoMods(main: MainModule): Promise<GoMod[]> {
  const paths =
    main.kind === "module" ? [main.modFile] : await workspaceFiles(main.goWork, "go.mod");
  const texts = await Promise.all(paths.map((path) => readBoundedFile(path, MAX_GO_MOD_BYTES)));
  return texts.filter((text) => text !== undefined).map((text) => parseGoMod(text));
}

function replaced(module: ModuleReference, replacements: readonly Replacement[]): ModuleReference {
  const replacement = replacements.find(
    ({ path, version }) =>
      path === module.path && (version === undefined || version === module.version),
  );
  return replacement?.by.kind === "module" ? replacement.by : module;
}

/**
 * Whether builds in a directory take their dependencies from a vendor directory instead of the module cache
 * (cmd/go/internal/modload, setDefaultBuildMod).
 *
 * @throws GomodfsError as {@linkcode findGoSums}
 */
export async function isVendored({ directory, settings }: GoSumSearch): Promise<boolean> {
  const { mod } = settings.flags;
  if (mod !== undefined) return mod === "vendor";
  const main = findMainModule(directory, settings);
  if (main === undefined) return false;
  const file = main.kind === "workspace" ? main.goWork : main.modFile;
  const root = dirname(main.kind === "workspace" ? main.goWork : main.goMod);
  const vendor = join(root, "vendor");
  if (!isDirectory(vendor)) return false;
  const goVersion = lookUpDirective((await readBoundedFile(file, MAX_GO_MOD_BYTES)) ?? "", "go");
  if (goVersion === "" || compareGoVersions(goVersion, "1.14") < 0) return false;
  return (await isForWorkspace(join(vendor, "modules.txt"))) === (main.kind === "workspace");
}

async function sumPaths(main: MainModule): Promise<string[]> {
  if (main.kind === "module") return [sumPathOf(main.modFile)];
  return [`${main.goWork}.sum`, ...(await workspaceFiles(main.goWork, "go.sum"))];
}

/** The paths of a file in each module of a workspace. */
async function workspaceFiles(goWork: string, name: string): Promise<string[]> {
  const { use } = parseGoWork((await readBoundedFile(goWork, MAX_GO_MOD_BYTES)) ?? "", goWork);
  if (use.length > MAX_WORKSPACE_MODULES) {
    throw new GomodfsError("TOO_LARGE", `${goWork} uses ${use.length} modules`);
  }
  return use.map((directory) => resolve(dirname(goWork), directory, name));
}

function sumPathOf(modFile: string): string {
  if (modFile.endsWith(".mod")) return `${modFile.slice(0, -".mod".length)}.sum`;
  throw new GomodfsError("USAGE", `-modfile=${modFile} does not end in .mod`);
}

/** The first line of a workspace's modules.txt is `## workspace`, maybe among other notes between semicolons. */
async function isForWorkspace(modulesTxt: string): Promise<boolean> {
  const [first = ""] = ((await readBoundedFile(modulesTxt, MAX_GO_SUM_BYTES)) ?? "").split("\n", 1);
  if (!first.startsWith("## ")) return false;
  const notes = first.slice("## ".length).split(";");
  return notes.some((note) => note.trim() === "workspace");
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

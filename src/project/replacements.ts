import { isAbsolute, relative, resolve } from "node:path";
import type { ModuleReference } from "../module/go_mod.ts";
import type { Version } from "../module/module_version.ts";
import { isDirectoryPath, type Replacement } from "../module/replacement.ts";
import type { MainModules } from "./main_modules.ts";

/** The `replace` lines of one file, whose relative directories begin at `directory`. */
export interface ReplacementFile {
  /** Absolute. */
  readonly directory: string;
  readonly replace: readonly Replacement[];
}

/** What stands in a module's place: a module, perhaps itself, or a directory. */
export type ResolvedModule =
  | { readonly kind: "module"; readonly path: string; readonly version: Version }
  | {
      readonly kind: "directory";
      /** Absolute. */
      readonly directory: string;
      /** As the file has it; in a workspace, relative to go.work. */
      readonly written: string;
    };

/**
 * The `replace` lines of a project, as cmd/go/internal/modload replacementFrom applies them: those of go.work before
 * those of the main modules, and in each file a line for one version before one for all.
 */
export class Replacements {
  readonly #goWork: ReadonlyMap<string, ResolvedModule>;
  readonly #goMods: readonly ReadonlyMap<string, ResolvedModule>[];

  /**
   * @param goMods of the main modules. Where they contradict each other, which cmd/go refuses, the last counts
   * @param goWork of the workspace, if there is one
   */
  constructor(goMods: readonly ReplacementFile[], goWork?: ReplacementFile) {
    this.#goWork = goWork === undefined ? new Map() : tableOf(goWork);
    this.#goMods = goMods.map((file) => tableOf(file, goWork?.directory));
  }

  /** What stands in the place of a module version; itself if it is not replaced. */
  resolve(module: ModuleReference): ResolvedModule {
    const { path, version } = module;
    return this.find(path, version) ?? { kind: "module", path, version };
  }

  /**
   * What replaces a module version.
   *
   * @param version "" asks what replaces all versions
   * @returns undefined if it is not replaced
   */
  find(path: string, version: string): ResolvedModule | undefined {
    return (
      lookUp(this.#goWork, path, version) ??
      this.#goMods
        .map((table) => lookUp(table, path, version))
        .findLast((found) => found !== undefined)
    );
  }

  /** The absolute directories that stand in the place of modules, each once. */
  directories(): string[] {
    const targets = [this.#goWork, ...this.#goMods].flatMap((table) => [...table.values()]);
    const directories = targets.flatMap((by) => (by.kind === "directory" ? [by.directory] : []));
    return [...new Set(directories)];
  }
}

/** The `replace` lines of a main module or of a workspace. */
export function replacementsOf({ goMods, goWork }: MainModules): Replacements {
  const files = goMods.map(({ directory, goMod }) => ({ directory, replace: goMod.replace }));
  return new Replacements(files, goWork);
}

function lookUp(
  table: ReadonlyMap<string, ResolvedModule>,
  path: string,
  version: string,
): ResolvedModule | undefined {
  // Most projects replace nothing, and each module of a graph is looked up.
  if (table.size === 0) return undefined;
  return table.get(keyOf(path, version)) ?? table.get(keyOf(path, ""));
}

/** @param workspace the directory of go.work, if the file is a go.mod of its workspace */
function tableOf(
  { directory, replace }: ReplacementFile,
  workspace?: string,
): Map<string, ResolvedModule> {
  return new Map(
    replace.map(({ path, version, by }) => [
      keyOf(path, version ?? ""),
      by.kind === "module"
        ? by
        : {
            kind: "directory",
            directory: resolve(directory, by.directory),
            written: writtenIn(workspace, directory, by.directory),
          },
    ]),
  );
}

/** A directory as go list shows it (cmd/go/internal/modload, canonicalizeReplacePath). */
function writtenIn(workspace: string | undefined, directory: string, written: string): string {
  if (workspace === undefined || isAbsolute(written)) return written;
  const path = relative(workspace, resolve(directory, written)) || ".";
  return isDirectoryPath(path) ? path : `./${path}`;
}

function keyOf(path: string, version: string): string {
  return `${path}@${version}`;
}

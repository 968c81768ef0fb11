import { resolve } from "node:path";
import type { ModuleReference } from "../module/go_mod.ts";
import type { Version } from "../module/module_version.ts";
import type { Replacement } from "../module/replacement.ts";
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
  /** Absolute. */
  | { readonly kind: "directory"; readonly directory: string };

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
    this.#goMods = goMods.map(tableOf);
  }

  /** What stands in the place of a module version; itself if it is not replaced. */
  resolve(module: ModuleReference): ResolvedModule {
    const { path, version } = module;
    const replacement =
      lookUp(this.#goWork, module) ??
      this.#goMods.map((table) => lookUp(table, module)).findLast((found) => found !== undefined);
    return replacement ?? { kind: "module", path, version };
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
  { path, version }: ModuleReference,
): ResolvedModule | undefined {
  return table.get(keyOf(path, version)) ?? table.get(keyOf(path, undefined));
}

function tableOf({ directory, replace }: ReplacementFile): Map<string, ResolvedModule> {
  return new Map(
    replace.map(({ path, version, by }) => [
      keyOf(path, version),
      by.kind === "module"
        ? by
        : { kind: "directory", directory: resolve(directory, by.directory) },
    ]),
  );
}

function keyOf(path: string, version: Version | undefined): string {
  return `${path}@${version ?? ""}`;
}

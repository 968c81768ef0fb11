import { isGomodfsError } from "../lib/gomodfs_error.ts";
import { BuildContext, type BuildSettings } from "../module/build_context.ts";
import type { ModuleVersion } from "../module/module_version.ts";
import { isModuleVersion, parseModuleVersion } from "../module/path.ts";
import type { DependencySearch } from "./dependency_search.ts";
import { findMainModule } from "./main_module.ts";
import { type MainModules, readMainModules } from "./main_modules.ts";
import { importsOfPackages, type LocalModule } from "./package_imports.ts";
import { replacementsOf } from "./replacements.ts";

/** Which packages of a project are built. */
export interface BuildSelection extends DependencySearch {
  /** As on the go command's command line; all packages if there are none. */
  readonly patterns: readonly string[];
  /** Whether their tests are built too. */
  readonly tests: boolean;
  readonly build: BuildSettings;
}

/** What a build of a project begins with: its imports, and the modules that they can lead to. */
export interface BuildImports {
  /** What is required, by the paths that packages import it by; what replaces a module has that module's path. */
  readonly required: ReadonlyMap<string, ModuleVersion>;
  /** Paths of modules whose packages are on this machine. */
  readonly local: readonly string[];
  /** Reads what the packages import, which takes some 50 ms for a large project. */
  readonly imports: () => Iterable<string>;
}

/**
 * What a build begins with. This is a hint of what it will read.
 *
 * @returns undefined outside of modules, and where a file cannot be read or parsed: the go command says what is wrong
 */
export async function findBuildImports(
  selection: BuildSelection,
): Promise<BuildImports | undefined> {
  const { directory, settings, patterns, tests, build } = selection;
  try {
    const main = findMainModule(directory, settings);
    if (main === undefined) return undefined;
    const modules = await readMainModules(main, "skip");
    const mainModules = modules.goMods.flatMap(({ directory: root, goMod }) =>
      goMod.module === undefined ? [] : [{ path: goMod.module, directory: root }],
    );
    const { required, replacements } = requiredByPath(modules);
    return {
      required,
      local: [...mainModules, ...replacements].map(({ path }) => path),
      imports: () =>
        importsOfPackages({
          mainModules,
          replacements,
          patterns: { directory, patterns },
          context: new BuildContext(build),
          tests,
        }),
    };
  } catch (error) {
    if (isGomodfsError(error)) return undefined;
    throw error;
  }
}

function requiredByPath(modules: MainModules) {
  const required = new Map<string, ModuleVersion>();
  const replacements: LocalModule[] = [];
  const resolver = replacementsOf(modules);
  for (const reference of modules.goMods.flatMap(({ goMod }) => goMod.require)) {
    const resolved = resolver.resolve(reference);
    if (resolved.kind === "directory") {
      replacements.push({ path: reference.path, directory: resolved.directory });
    } else if (isModuleVersion(resolved.path, resolved.version)) {
      required.set(reference.path, parseModuleVersion(resolved.path, resolved.version));
    }
  }
  return { required, replacements };
}

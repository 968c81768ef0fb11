import type { ModulePart } from "../cache/module_cache.ts";
import type { SumKind } from "../module/go_sum.ts";
import {
  formatModuleVersion,
  type ModulePath,
  type ModuleVersion,
} from "../module/module_version.ts";
import { isModuleVersion, parseModuleVersion } from "../module/path.ts";
import { compare } from "../module/semver.ts";
import { TOOLCHAIN_PATH } from "../module/toolchain.ts";
import type { Project } from "../project/project.ts";
import type { ZipScope } from "./project_needs.ts";

/** A part of a module that a project probably needs. */
export interface LikelyPart {
  readonly id: ModuleVersion;
  readonly part: ModulePart;
}

/**
 * What a project probably needs, as far as its own files tell, so that fetching need not wait for the module graph: a
 * tidy go.sum names the go.mod file of every version in the graph, and of each path the highest version in it is the one
 * that is selected. What go.mod requires comes first.
 */
export function likelyParts(project: Project, scope: ZipScope): LikelyPart[] {
  const required = requiredModules(project);
  const summed = summedModules(project);
  const highest = highestOfEach([...required, ...summed.goMod, ...summed.zip]);
  const zips = scope === "required" ? required : zipsOf(highest, [...required, ...summed.zip]);
  return [
    ...zips.map((id) => ({ id, part: "zip" as const })),
    ...[...required, ...summed.goMod].map((id) => ({ id, part: "mod" as const })),
    ...highest.map((id) => ({ id, part: "info" as const })),
  ];
}

/** What the go.mod files require, in their order, with what replaces it. */
function requiredModules({ goMods, replacements, excluded }: Project): ModuleVersion[] {
  const mainPaths = new Set(goMods.map(({ goMod }) => goMod.module));
  return goMods
    .flatMap(({ goMod }) => goMod.require)
    .filter(({ path, version }) => !mainPaths.has(path) && !excluded.has(`${path}@${version}`))
    .flatMap((reference) => {
      const resolved = replacements.resolve(reference);
      // A path that no source can serve is refused when the graph turns out to need it.
      return resolved.kind === "module" && isModuleVersion(resolved.path, resolved.version)
        ? [parseModuleVersion(resolved.path, resolved.version)]
        : [];
    });
}

function summedModules({ sums }: Project): Readonly<Record<SumKind, ModuleVersion[]>> {
  const modules: Record<SumKind, ModuleVersion[]> = { goMod: [], zip: [] };
  for (const { id, kind } of sums) if (id.path !== TOOLCHAIN_PATH) modules[kind].push(id);
  return modules;
}

function highestOfEach(modules: readonly ModuleVersion[]): ModuleVersion[] {
  const highest = new Map<ModulePath, ModuleVersion>();
  for (const id of modules) {
    const known = highest.get(id.path);
    if (known === undefined || compare(known.version, id.version) < 0) highest.set(id.path, id);
  }
  return [...highest.values()];
}

/** Those among the highest versions that go.mod requires or whose zip go.sum names. */
function zipsOf(
  highest: readonly ModuleVersion[],
  named: readonly ModuleVersion[],
): ModuleVersion[] {
  const keys = new Set(named.map(formatModuleVersion));
  return highest.filter((id) => keys.has(formatModuleVersion(id)));
}

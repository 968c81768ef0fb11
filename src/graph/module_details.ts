import type { ModuleCache } from "../cache/module_cache.ts";
import { isGomodfsError } from "../lib/gomodfs_error.ts";
import type { GoMod } from "../module/go_mod.ts";
import { compareNodeVersions } from "../module/go_requirement.ts";
import type { GoSum, SumKind } from "../module/go_sum.ts";
import type { ModulePath, ModuleVersion } from "../module/module_version.ts";
import { parseRevisionInfo } from "../module/revision_info.ts";
import type { ModuleDescription } from "./module_description.ts";
import type { IsAllowed, ModuleVersions } from "./module_versions.ts";
import type { VerifiedGoMods } from "./verified_go_mods.ts";

/** Where the details of modules come from. */
export interface ModuleDetailSources {
  readonly cache: Pick<ModuleCache, "read">;
  readonly goMods: VerifiedGoMods;
  readonly sums: GoSum;
  readonly versions: ModuleVersions;
  /** Module versions that go.mod excludes, as `path@version`. */
  readonly excluded: ReadonlySet<string>;
  /** Whether all versions of a module are replaced: what its author retracts or deprecates does not count then. */
  readonly isReplaced: (path: string) => boolean;
  /** Whether what go.sum does not name is left out. */
  readonly onlySummed: boolean;
}

/** Which details cost a look at other versions. */
export interface VersionDetails {
  readonly versions: boolean;
  readonly updates: boolean;
  readonly retracted: boolean;
}

/** Completes what is told of module versions (cmd/go/internal/modload, build.go). */
export class ModuleDetails {
  readonly #sources: ModuleDetailSources;

  constructor(sources: ModuleDetailSources) {
    this.#sources = sources;
  }

  /**
   * Whether a version is neither excluded nor retracted.
   *
   * @throws what reading the newest go.mod file throws
   */
  readonly isAllowed: IsAllowed = async (id) =>
    !this.#isExcluded(id) && (await this.#reasons(id)) === undefined;

  /**
   * Time, go line and sums of a module version, the reason in `Error` if there is none such.
   *
   * @param inBuildList whether go.sum must have what is told
   */
  async complete(id: ModuleVersion, inBuildList: boolean): Promise<Partial<ModuleDescription>> {
    const { goMods, onlySummed } = this.#sources;
    const mustHaveSum = onlySummed && inBuildList;
    const [time, goMod] = await Promise.all([
      this.#time(id),
      mustHaveSum && !goMods.hasSum(id) ? undefined : this.#goMod(id),
    ]);
    return {
      ...time,
      GoVersion: goMod?.go,
      Sum: this.#sum(id, "zip"),
      GoModSum: this.#sum(id, "goMod"),
    };
  }

  /**
   * The tagged versions that are not excluded, ascending.
   *
   * @param retracted whether retracted ones count too
   * @throws what the source throws
   */
  async listedVersions(path: ModulePath, retracted: boolean): Promise<string[]> {
    const listed: string[] = [];
    for (const id of await this.#sources.versions.tagged(path)) {
      const isListed = retracted ? !this.#isExcluded(id) : await this.isAllowed(id);
      if (isListed) listed.push(id.version);
    }
    return listed;
  }

  /** What is known of a module version because of other versions; the reason in `Error` if that cannot be had. */
  async versionDetails(
    id: ModuleVersion,
    { versions, updates, retracted }: VersionDetails,
  ): Promise<Partial<ModuleDescription>> {
    try {
      return {
        ...(versions && { Versions: await this.listedVersions(id.path, retracted) }),
        ...(updates && { Update: await this.#update(id) }),
        ...((updates || retracted) && { Retracted: await this.#retraction(id) }),
        ...(updates && { Deprecated: await this.#deprecation(id) }),
      };
    } catch (error) {
      return failureOf(error);
    }
  }

  async #time(id: ModuleVersion): Promise<Partial<ModuleDescription>> {
    try {
      return { Time: parseRevisionInfo(await this.#sources.cache.read(id, "info")).time };
    } catch (error) {
      return failureOf(error);
    }
  }

  /** As for the go command, a go.mod file that cannot be had is no error here: what needs it says so. */
  async #goMod(id: ModuleVersion): Promise<GoMod | undefined> {
    try {
      return await this.#sources.goMods.read(id);
    } catch (error) {
      if (isGomodfsError(error)) return undefined;
      throw error;
    }
  }

  /** The only sum that go.sum has. */
  #sum(id: ModuleVersion, kind: SumKind): string | undefined {
    const [sum, ...others] = this.#sources.sums.hashes(id, kind);
    return others.length > 0 ? undefined : sum;
  }

  async #update({ path, version }: ModuleVersion): Promise<ModuleDescription | undefined> {
    const update = await orNothing(
      this.#sources.versions.query(path, "upgrade", version, this.isAllowed),
    );
    if (update === undefined || compareNodeVersions(path, update.version, version) <= 0) {
      return undefined;
    }
    return { Path: path, Version: update.version, ...(await this.#time(update)) };
  }

  async #retraction(id: ModuleVersion): Promise<readonly string[] | undefined> {
    const retraction = await orNothing(this.#reasons(id));
    return retraction?.length === 0 ? ["retracted by module author"] : retraction;
  }

  async #reasons(id: ModuleVersion): Promise<readonly string[] | undefined> {
    if (this.#sources.isReplaced(id.path)) return undefined;
    return await this.#sources.versions.retraction(id);
  }

  async #deprecation({ path }: ModuleVersion): Promise<string | undefined> {
    if (this.#sources.isReplaced(path)) return undefined;
    return (await orNothing(this.#sources.versions.newestGoMod(path)))?.deprecated;
  }

  #isExcluded({ path, version }: ModuleVersion): boolean {
    return this.#sources.excluded.has(`${path}@${version}`);
  }
}

/** A module without any other version is no error. */
async function orNothing<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (isGomodfsError(error, "NOT_FOUND")) return undefined;
    throw error;
  }
}

/** @throws what is no GomodfsError */
export function failureOf(error: unknown): { readonly Error: { readonly Err: string } } {
  if (!isGomodfsError(error)) throw error;
  return { Error: { Err: error.message } };
}

import { GomodfsError, isGomodfsError } from "../lib/gomodfs_error.ts";
import { type GoMod, parseGoModLax, synthesizeGoMod } from "../module/go_mod.ts";
import {
  formatModuleVersion,
  type ModulePath,
  type ModuleVersion,
} from "../module/module_version.ts";
import { isCanonical, parseModuleVersion } from "../module/path.ts";
import { isPseudoVersion, pseudoVersionTime } from "../module/pseudo.ts";
import { quote } from "../module/quote.ts";
import { concerns } from "../module/retraction.ts";
import { parseRevisionInfo } from "../module/revision_info.ts";
import { isValid, prerelease, sortVersions } from "../module/semver.ts";
import { fields } from "../module/space.ts";
import { parseVersionQuery, type VersionChoice } from "../module/version_query.ts";
import type { ModuleSource } from "../upstream/module_source.ts";

/** What is asked about the versions of modules. */
export interface VersionSource {
  readonly source: Pick<ModuleSource, "versions" | "latest">;
  /** The verified go.mod file of a version. */
  goMod(id: ModuleVersion): Promise<Uint8Array>;
}

/** Whether a version may be chosen: excluded and retracted ones may not. */
export type IsAllowed = (id: ModuleVersion) => boolean | Promise<boolean>;

/** The versions of a module that its source lists. */
interface VersionList {
  readonly lines: readonly string[][];
  /** Ascending. */
  readonly tagged: readonly ModuleVersion[];
}

/** Finds versions as cmd/go/internal/modload queryProxy does. What the source said about a module is asked once. */
export class ModuleVersions {
  readonly #from: VersionSource;
  readonly #lists = new Map<ModulePath, Promise<VersionList>>();
  readonly #newest = new Map<ModulePath, Promise<GoMod>>();

  constructor(from: VersionSource) {
    this.#from = from;
  }

  /**
   * The tagged versions, ascending.
   *
   * @throws what the source throws
   */
  async tagged(path: ModulePath): Promise<readonly ModuleVersion[]> {
    return (await this.#list(path)).tagged;
  }

  /**
   * The version that a query chooses: the highest release that matches and is allowed, else the highest pre-release, else,
   * for some queries, what the source calls latest.
   *
   * @param current the version that the module is at, for `upgrade` and `patch`
   * @throws GomodfsError `USAGE` for a query that cannot be read or is no choice between versions, `NOT_FOUND` if none
   * matches, and what the source throws
   */
  async query(
    path: ModulePath,
    query: string,
    current: string | undefined,
    isAllowed: IsAllowed,
  ): Promise<ModuleVersion> {
    const parsed = parseVersionQuery(path, query, current);
    switch (parsed.kind) {
      case "version":
        return parseModuleVersion(path, parsed.version);
      case "revision":
        throw new GomodfsError("USAGE", `${path}@${query} names a revision, not a version`);
      case "choice": {
        const chosen = await this.#choose(path, parsed, current, isAllowed);
        if (chosen !== undefined) return chosen;
        throw new GomodfsError(
          "NOT_FOUND",
          `module ${path}: no matching versions for query ${quote(query)}`,
        );
      }
    }
  }

  /**
   * The go.mod file of the newest version, retracted or not, which says what is retracted and deprecated.
   *
   * @throws as {@linkcode query}
   */
  async newestGoMod(path: ModulePath): Promise<GoMod> {
    const known = this.#newest.get(path);
    if (known !== undefined) return await known;
    const newest = this.#readNewest(path);
    this.#newest.set(path, newest);
    return await newest;
  }

  /**
   * Why a version is retracted: one text for each reason that its author gives.
   *
   * @returns undefined if it is not
   * @throws as {@linkcode newestGoMod}
   */
  async retraction({ path, version }: ModuleVersion): Promise<readonly string[] | undefined> {
    const { retract } = await this.newestGoMod(path);
    const retractions = retract.filter((retraction) => concerns(retraction, version));
    if (retractions.length === 0) return undefined;
    return retractions.flatMap(({ rationale }) => (rationale === "" ? [] : [rationale]));
  }

  async #readNewest(path: ModulePath): Promise<GoMod> {
    const id = await this.query(path, "latest", undefined, () => true);
    return parseGoModLax(await this.#textOfGoMod(id), formatModuleVersion(id));
  }

  async #choose(
    path: ModulePath,
    choice: VersionChoice,
    current: string | undefined,
    isAllowed: IsAllowed,
  ): Promise<ModuleVersion | undefined> {
    const { lines, tagged } = await this.#list(path);
    const matching = tagged.filter(({ version }) => choice.matches(version));
    const allowed = await filterAsync(matching, isAllowed);
    const chosen = preferred(await this.#withoutIncompatible(allowed, choice), choice);
    if (chosen !== undefined) return chosen;
    const untagged = choice.mayBeUntagged ? await this.#untagged(path, lines) : undefined;
    if (untagged !== undefined && choice.matches(untagged.version) && (await isAllowed(untagged))) {
      return untagged;
    }
    if (!choice.mayStay || current === undefined) return undefined;
    const id = parseModuleVersion(path, current);
    return (await isAllowed(id)) ? id : undefined;
  }

  /** Where the highest compatible version has a go.mod file, versions from the time before modules do not count. */
  async #withoutIncompatible(
    versions: readonly ModuleVersion[],
    { countsIncompatible }: VersionChoice,
  ): Promise<readonly ModuleVersion[]> {
    const first = versions.findIndex(({ version }) => version.endsWith("+incompatible"));
    const lastCompatible = first > 0 ? versions[first - 1] : undefined;
    if (countsIncompatible || lastCompatible === undefined) return versions;
    return (await this.#hasGoMod(lastCompatible)) ? versions.slice(0, first) : versions;
  }

  /** Not only one that was made up for it (cmd/go/internal/modload, versionHasGoMod). */
  async #hasGoMod(id: ModuleVersion): Promise<boolean> {
    return (await this.#textOfGoMod(id)) !== synthesizeGoMod(id.path);
  }

  async #textOfGoMod(id: ModuleVersion): Promise<string> {
    return Buffer.from(await this.#from.goMod(id)).toString("utf8");
  }

  async #list(path: ModulePath): Promise<VersionList> {
    const known = this.#lists.get(path);
    if (known !== undefined) return await known;
    const list = this.#readList(path);
    this.#lists.set(path, list);
    return await list;
  }

  async #readList(path: ModulePath): Promise<VersionList> {
    const text = Buffer.from(await this.#from.source.versions(path)).toString("utf8");
    const lines = text.split("\n").map(fields);
    const versions = lines.flatMap(([version = ""]) => version);
    const tagged = versions.filter((version) => isValid(version) && !isPseudoVersion(version));
    return {
      lines,
      tagged: sortVersions(tagged.filter(isCanonical)).map((version) => ({ path, version })),
    };
  }

  /** What the source calls latest; where it does not say, the newest commit that it lists (modfetch/proxy.go, latest). */
  async #untagged(
    path: ModulePath,
    lines: readonly string[][],
  ): Promise<ModuleVersion | undefined> {
    try {
      const { version } = parseRevisionInfo(await this.#from.source.latest(path));
      return parseModuleVersion(path, version);
    } catch (error) {
      if (!isGomodfsError(error, "NOT_FOUND")) throw error;
      const newest = newestListed(lines);
      return newest === undefined ? undefined : parseModuleVersion(path, newest);
    }
  }
}

/** The highest (or lowest) release, else pre-release. */
function preferred(
  versions: readonly ModuleVersion[],
  { prefersLower }: VersionChoice,
): ModuleVersion | undefined {
  const ordered = prefersLower ? versions : versions.toReversed();
  return ordered.find(({ version }) => prerelease(version) === "") ?? ordered[0];
}

async function filterAsync(
  versions: readonly ModuleVersion[],
  isAllowed: IsAllowed,
): Promise<ModuleVersion[]> {
  const allowed: ModuleVersion[] = [];
  for (const version of versions) if (await isAllowed(version)) allowed.push(version);
  return allowed;
}

function newestListed(lines: readonly string[][]): string | undefined {
  const timed = lines
    .map(([version = "", time]) => ({ version, time: timeOf(version, time) }))
    .filter(({ time }) => Number.isFinite(time));
  return timed.toSorted((a, b) => a.time - b.time).at(-1)?.version;
}

function timeOf(version: string, time: string | undefined): number {
  if (!isValid(version)) return Number.NaN;
  if (time !== undefined) return Date.parse(time);
  try {
    return pseudoVersionTime(version).getTime();
  } catch {
    return Number.NaN;
  }
}

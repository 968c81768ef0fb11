import { GomodfsError, isGomodfsError } from "../lib/gomodfs_error.ts";
import { parseGoModLax, synthesizeGoMod } from "../module/go_mod.ts";
import {
  formatModuleVersion,
  type ModulePath,
  type ModuleVersion,
} from "../module/module_version.ts";
import { isCanonical, parseModulePath, parseModuleVersion } from "../module/path.ts";
import { isPseudoVersion, pseudoVersionTime } from "../module/pseudo.ts";
import type { Retraction } from "../module/retraction.ts";
import { parseRevisionInfo } from "../module/revision_info.ts";
import { compare, isValid, prerelease, sortVersions } from "../module/semver.ts";
import { fields } from "../module/space.ts";
import type { ModuleSource } from "../upstream/module_source.ts";

/** A module as a command line names it: at a version, or at the latest. */
export type ModuleQuery =
  | { readonly kind: "version"; readonly id: ModuleVersion }
  | { readonly kind: "latest"; readonly path: ModulePath };

/** What a query asks. */
export interface QuerySource {
  readonly source: Pick<ModuleSource, "versions" | "latest">;
  /** The verified go.mod file of a version. */
  goMod(id: ModuleVersion): Promise<Uint8Array>;
}

/**
 * Reads `MODULE@VERSION` or `MODULE@latest`.
 *
 * @returns undefined for text without an "@", which names a file or directory
 * @throws GomodfsError `USAGE` if it is neither
 */
export function parseModuleQuery(text: string): ModuleQuery | undefined {
  const at = text.indexOf("@");
  if (at < 0) return undefined;
  const [path, version] = [text.slice(0, at), text.slice(at + 1)];
  try {
    return version === "latest"
      ? { kind: "latest", path: parseModulePath(path) }
      : { kind: "version", id: parseModuleVersion(path, version) };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : "";
    throw new GomodfsError("USAGE", `${text} does not name a module version: ${reason}`, {
      hint: "write MODULE@VERSION with a whole version such as v1.2.3, or MODULE@latest",
      cause,
    });
  }
}

/**
 * The module version that a query means. The latest is, as cmd/go/internal/modload queryProxy has it, the highest release
 * in the source's list that the newest go.mod does not retract, else the highest pre-release, else what the source calls
 * latest.
 *
 * @throws GomodfsError `NOT_FOUND` if there is none, and what the source throws
 */
export async function resolveModuleQuery(
  query: ModuleQuery,
  from: QuerySource,
): Promise<ModuleVersion> {
  return query.kind === "version" ? query.id : await latestVersion(query.path, from);
}

async function latestVersion(path: ModulePath, from: QuerySource): Promise<ModuleVersion> {
  const lines = await listedLines(path, from);
  const tagged = taggedVersions(path, lines);
  const newest = await preferred(tagged, from);
  if (newest === undefined) return await untaggedVersion(path, lines, from);
  const { retract } = parseGoModLax(await textOfGoMod(newest, from), formatModuleVersion(newest));
  const allowed = tagged.filter(({ version }) => !isRetracted(version, retract));
  const latest = await preferred(allowed, from);
  if (latest !== undefined) return latest;
  const untagged = await untaggedVersion(path, lines, from);
  if (!isRetracted(untagged.version, retract)) return untagged;
  throw new GomodfsError("NOT_FOUND", `all versions of ${path} are retracted`);
}

/** The highest release, else the highest pre-release (queryMatcher.filterVersions). */
async function preferred(
  versions: readonly ModuleVersion[],
  from: QuerySource,
): Promise<ModuleVersion | undefined> {
  const candidates = await withoutIncompatible(versions, from);
  const isRelease = ({ version }: ModuleVersion): boolean => prerelease(version) === "";
  return candidates.findLast(isRelease) ?? candidates.at(-1);
}

/** Where the highest compatible version has a go.mod file, versions from the time before modules do not count. */
async function withoutIncompatible(
  versions: readonly ModuleVersion[],
  from: QuerySource,
): Promise<readonly ModuleVersion[]> {
  const first = versions.findIndex(({ version }) => version.endsWith("+incompatible"));
  const lastCompatible = first > 0 ? versions[first - 1] : undefined;
  if (lastCompatible === undefined) return versions;
  return (await hasGoMod(lastCompatible, from)) ? versions.slice(0, first) : versions;
}

/** Not only one that was made up for it (cmd/go/internal/modload, versionHasGoMod). */
async function hasGoMod(id: ModuleVersion, from: QuerySource): Promise<boolean> {
  return (await textOfGoMod(id, from)) !== synthesizeGoMod(id.path);
}

async function textOfGoMod(id: ModuleVersion, from: QuerySource): Promise<string> {
  return Buffer.from(await from.goMod(id)).toString("utf8");
}

async function listedLines(path: ModulePath, { source }: QuerySource): Promise<string[][]> {
  const text = Buffer.from(await source.versions(path)).toString("utf8");
  return text.split("\n").map(fields);
}

/** Ascending. */
function taggedVersions(path: ModulePath, lines: readonly string[][]): ModuleVersion[] {
  const versions = lines.flatMap(([version = ""]) => version);
  const tagged = versions.filter((version) => isValid(version) && !isPseudoVersion(version));
  return sortVersions(tagged.filter(isCanonical)).map((version) => ({ path, version }));
}

/** What the source calls latest; where it does not say, the newest commit that it lists (modfetch/proxy.go, latest). */
async function untaggedVersion(
  path: ModulePath,
  lines: readonly string[][],
  { source }: QuerySource,
): Promise<ModuleVersion> {
  try {
    const { version } = parseRevisionInfo(await source.latest(path));
    return parseModuleVersion(path, version);
  } catch (error) {
    const newest = isGomodfsError(error, "NOT_FOUND") ? newestListed(lines) : undefined;
    if (newest === undefined) throw error;
    return parseModuleVersion(path, newest);
  }
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

function isRetracted(version: string, retractions: readonly Retraction[]): boolean {
  return retractions.some(
    ({ low, high }) => compare(low, version) <= 0 && compare(version, high) <= 0,
  );
}

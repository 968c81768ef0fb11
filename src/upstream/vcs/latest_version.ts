import { GomodfsError, isGomodfsError } from "../../lib/gomodfs_error.ts";
import { parseGoModLax } from "../../module/go_mod.ts";
import type { ModulePath, Version } from "../../module/module_version.ts";
import { quote } from "../../module/quote.ts";
import { concerns, type Retraction } from "../../module/retraction.ts";
import type { RevisionInfo } from "../../module/revision_info.ts";
import { compare, prerelease } from "../../module/semver.ts";
import type { CodeHostOptions } from "./code_host.ts";

/** What is asked of a module to choose among its versions. */
export interface ModuleVersions {
  versions(options?: CodeHostOptions): Promise<Version[]>;
  goMod(version: Version, options?: CodeHostOptions): Promise<Uint8Array>;
  stat(name: string, options?: CodeHostOptions): Promise<RevisionInfo>;
  /** The version of the newest commit of the default branch. */
  latest(options?: CodeHostOptions): Promise<RevisionInfo>;
}

/** What is to be chosen: the latest version of all, or of those that begin with `v1` or `v1.2`. */
export type LatestQuery = "latest" | `v${string}`;

/**
 * The version that a query means: the highest release, else the highest pre-release, that is not retracted by the go.mod file
 * of the highest; for `latest` otherwise that of the newest commit, on the same condition
 * (golang.org/ref/mod#version-queries; cmd/go/internal/modload/query.go, `queryProxy`).
 *
 * @throws GomodfsError `NOT_FOUND` if there is none, and as `module` does
 */
export async function latestVersion(
  path: ModulePath,
  module: ModuleVersions,
  query: LatestQuery,
  options: CodeHostOptions,
): Promise<RevisionInfo> {
  const versions = (await module.versions(options)).toSorted(compare);
  const highest = highestOf(versions);
  const retractions = highest === undefined ? [] : await readRetractions(module, highest, options);
  const chosen = highestOf(
    versions.filter((version) => isMeant(version, query) && !isRetracted(version, retractions)),
  );
  if (chosen !== undefined) return await module.stat(chosen, options);
  if (query === "latest") {
    const newest = await module.latest(options);
    if (!isRetracted(newest.version, retractions)) return newest;
  }
  throw new GomodfsError(
    "NOT_FOUND",
    `module ${path}: no matching versions for query ${quote(query)}`,
  );
}

/** `v1.2` does not mean v1.2.0-rc.1, which is before it. */
function isMeant(version: Version, query: LatestQuery): boolean {
  return query === "latest" || (version.startsWith(`${query}.`) && compare(version, query) >= 0);
}

/** @param versions ascending */
function highestOf(versions: readonly Version[]): Version | undefined {
  return versions.findLast((version) => prerelease(version) === "") ?? versions.at(-1);
}

async function readRetractions(
  module: ModuleVersions,
  version: Version,
  options: CodeHostOptions,
): Promise<readonly Retraction[]> {
  // Has no go.mod file (golang.org/ref/mod#incompatible-versions).
  if (version.endsWith("+incompatible")) return [];
  try {
    return parseGoModLax(Buffer.from(await module.goMod(version, options)).toString()).retract;
  } catch (error) {
    // A broken go.mod file retracts nothing.
    if (isGomodfsError(error, "INVALID") || isGomodfsError(error, "NOT_FOUND")) return [];
    throw error;
  }
}

function isRetracted(version: string, retractions: readonly Retraction[]): boolean {
  return retractions.some((retraction) => concerns(retraction, version));
}

import { isGomodfsError } from "../../../lib/gomodfs_error.ts";
import { parseGoModLax } from "../../../module/go_mod.ts";
import type { Version } from "../../../module/module_version.ts";
import { concerns, type Retraction } from "../../../module/retraction.ts";
import { prerelease } from "../../../module/semver.ts";
import type { CodeHost, CodeHostOptions } from "../code_host.ts";
import { findModuleDirectory } from "./module_directory.ts";
import { type ModuleLocation, revisionOf } from "./module_location.ts";
import { listVersions } from "./version_list.ts";

/** Tells whether a version is retracted. */
export type IsRetracted = (version: string) => boolean;

/**
 * Reads which versions the go.mod of the highest release retracts, or of the highest pre-release if there is none
 * (retractedVersions of cmd/go/internal/modfetch/coderepo.go). A module whose highest version is broken retracts nothing.
 *
 * @throws GomodfsError as {@linkcode CodeHost} where the repository cannot be asked: another version would be chosen then
 */
export async function readRetractedVersions(
  host: CodeHost,
  location: ModuleLocation,
  options: CodeHostOptions,
): Promise<IsRetracted> {
  const retractions = await readRetractions(host, location, options);
  return (version) => retractions.some((retraction) => concerns(retraction, version));
}

async function readRetractions(
  host: CodeHost,
  location: ModuleLocation,
  options: CodeHostOptions,
): Promise<readonly Retraction[]> {
  try {
    const version = highestWithGoMod(await listVersions(host, location, options));
    if (version === undefined) return [];
    const { name } = await host.stat(revisionOf(location, version), options);
    const found = await findModuleDirectory(host, location, name, version, options);
    if (found.kind === "absent" || found.goMod === undefined) return [];
    return parseGoModLax(Buffer.from(found.goMod).toString()).retract;
  } catch (error) {
    if (isGomodfsError(error) && BROKEN.has(error.code)) return [];
    throw error;
  }
}

/** What a module can do wrong, and not its host. */
const BROKEN: ReadonlySet<string> = new Set(["NOT_FOUND", "INVALID", "TOO_LARGE"]);

/** The highest release, else the highest version; `+incompatible` ones have no go.mod file. */
function highestWithGoMod(versions: readonly Version[]): Version | undefined {
  const compatible = versions.filter((version) => !version.endsWith("+incompatible"));
  return compatible.findLast((version) => prerelease(version) === "") ?? compatible.at(-1);
}

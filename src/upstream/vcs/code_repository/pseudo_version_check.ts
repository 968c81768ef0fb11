import { isGomodfsError } from "../../../lib/gomodfs_error.ts";
import {
  pseudoVersion,
  pseudoVersionBase,
  pseudoVersionRevision,
  pseudoVersionTime,
} from "../../../module/pseudo.ts";
import { compare, major } from "../../../module/semver.ts";
import type { CodeHost, CodeHostOptions, Revision } from "../code_host.ts";
import { type ModuleLocation, withoutIncompatible } from "./module_location.ts";
import { invalidPseudoVersion } from "./version_error.ts";

/** Tags of one version, which differ in build metadata: each costs a look at the history. Nearly always there is one. */
const MAX_EQUIVALENT_TAGS = 100;

/**
 * Checks that a pseudo-version says the truth about its commit: the beginning of the name, the time, and a tag before it
 * (validatePseudoVersion of cmd/go/internal/modfetch/coderepo.go, the messages too). Otherwise an author could pin a
 * dependency with a pseudo-version above all others, and one commit could have any number of versions.
 *
 * @throws GomodfsError `NOT_FOUND` if it does not, otherwise as {@linkcode CodeHost}
 */
export async function checkPseudoVersion(
  host: CodeHost,
  location: ModuleLocation,
  revision: Revision,
  version: string,
  options: CodeHostOptions,
): Promise<void> {
  const problem =
    ownProblem(location, revision, version) ??
    (await ancestorProblem(host, location, revision, version, options));
  if (problem !== undefined) throw invalidPseudoVersion(location.path, version, problem);
}

/** What is wrong with it that needs no look at other commits. */
function ownProblem(
  location: ModuleLocation,
  revision: Revision,
  version: string,
): string | undefined {
  try {
    return (
      revisionProblem(revision, version) ??
      timeProblem(revision, version) ??
      baseProblem(location, revision, version)
    );
  } catch (error) {
    if (isGomodfsError(error, "INVALID")) return error.message;
    throw error;
  }
}

function revisionProblem({ short }: Revision, version: string): string | undefined {
  const revision = pseudoVersionRevision(version);
  if (revision === short) return undefined;
  if (revision.startsWith(short)) return `revision is longer than canonical (expected ${short})`;
  if (short.startsWith(revision)) return `revision is shorter than canonical (expected ${short})`;
  return `does not match short name of revision (expected ${short})`;
}

function timeProblem({ time, short }: Revision, version: string): string | undefined {
  if (pseudoVersionTime(version).getTime() === time.getTime()) return undefined;
  const [, timestamp = ""] = pseudoVersion("", "", time, short).split("-");
  return `does not match version-control timestamp (expected ${timestamp})`;
}

function baseProblem(
  location: ModuleLocation,
  { tags }: Revision,
  version: string,
): string | undefined {
  const { pathMajor, tagPrefix } = location;
  const base = baseOf(version);
  if (base === "") {
    return pathMajor === "" && major(version) === "v1"
      ? "major version without preceding tag must be v0, not v1"
      : undefined;
  }
  // A tag with metadata may be followed by a pseudo-version of its own commit, but a plain one has a version already.
  const tag = tags.find((name) => withoutPrefix(name, tagPrefix) === base);
  if (tag === undefined) return undefined;
  const found = `tag (${tag}) found on revision ${pseudoVersionRevision(version)}`;
  return `${found} is already canonical, so should not be replaced with a pseudo-version derived from that tag`;
}

async function ancestorProblem(
  host: CodeHost,
  { tagPrefix }: ModuleLocation,
  { name }: Revision,
  version: string,
  options: CodeHostOptions,
): Promise<string | undefined> {
  const base = baseOf(version);
  if (base === "") return undefined;
  const { tags } = await host.tags(tagPrefix + base, options);
  const equivalent = tags
    .map((tag) => tag.name)
    .filter((tag) => compare(withoutPrefix(tag, tagPrefix), base) === 0)
    .slice(0, MAX_EQUIVALENT_TAGS);
  for (const tag of equivalent) {
    if (await host.descendsFrom(name, tag, options)) return undefined;
  }
  const last = equivalent.at(-1);
  if (last === undefined) return `preceding tag (${base}) not found`;
  const revision = pseudoVersionRevision(version);
  return `revision ${revision} is not a descendent of preceding tag (${last})`;
}

/** The version that it follows, or "". */
function baseOf(version: string): string {
  return pseudoVersionBase(withoutIncompatible(version));
}

function withoutPrefix(tag: string, prefix: string): string {
  return tag.startsWith(prefix) ? tag.slice(prefix.length) : tag;
}

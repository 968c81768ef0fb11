import type { Version } from "../../../module/module_version.ts";
import { isCanonical } from "../../../module/path.ts";
import { matchPathMajor } from "../../../module/path_major.ts";
import { isPseudoVersion } from "../../../module/pseudo.ts";
import { canonical, major, sortVersions } from "../../../module/semver.ts";
import { MAX_GO_MOD } from "../../../module/zip_rules.ts";
import type { CodeHost, CodeHostOptions } from "../code_host.ts";
import type { ModuleLocation } from "./module_location.ts";
import { readOptionalFile } from "./optional_file.ts";

/** The versions that tags give to a module, each kind ascending. */
interface TaggedVersions {
  readonly compatible: readonly Version[];
  /** Tags of v2 and higher that a module without a go.mod file may have as `+incompatible` versions. */
  readonly incompatible: readonly Version[];
}

/**
 * The tagged versions of a module, ascending, retracted ones among them (codeRepo.Versions of cmd/go/internal/modfetch).
 *
 * @throws GomodfsError as {@linkcode CodeHost}
 */
export async function listVersions(
  host: CodeHost,
  location: ModuleLocation,
  options: CodeHostOptions,
): Promise<Version[]> {
  // gopkg.in/m.v2-unstable has no tags: those of v2 are for gopkg.in/m.v2.
  if (location.path.startsWith("gopkg.in/") && location.path.endsWith("-unstable")) return [];
  const { tags } = await host.tags(location.tagPrefix, options);
  const names = tags.map(({ name }) => name);
  const { compatible, incompatible } = taggedVersions(location, names);
  return [...compatible, ...(await withoutGoMod(host, compatible, incompatible, options))];
}

function taggedVersions(location: ModuleLocation, tags: readonly string[]): TaggedVersions {
  const { tagPrefix, pathMajor, directory } = location;
  const compatible: Version[] = [];
  const incompatible: Version[] = [];
  for (const tag of tags) {
    if (!tag.startsWith(tagPrefix)) continue;
    const version = tag.slice(tagPrefix.length);
    // Not the canonical form of a module's version: a tag "v2.0.0+incompatible" is no version, "v2.0.0" may be that one.
    if (version !== canonical(version) || !isCanonical(version) || isPseudoVersion(version)) {
      continue;
    }
    if (matchPathMajor(version, pathMajor)) compatible.push(version);
    else if (directory === "" && pathMajor === "") incompatible.push(version);
  }
  return { compatible: sortVersions(compatible), incompatible: sortVersions(incompatible) };
}

/**
 * The `+incompatible` versions. There are none once the highest compatible version has a go.mod file
 * (golang.org/issue/34189), and none of a major version whose highest has one.
 */
async function withoutGoMod(
  host: CodeHost,
  compatible: readonly Version[],
  incompatible: readonly Version[],
  options: CodeHostOptions,
): Promise<Version[]> {
  if (incompatible.length === 0) return [];
  const highest = compatible.at(-1);
  if (highest !== undefined && (await hasGoMod(host, highest, options))) return [];
  const versions: Version[] = [];
  for (const line of Map.groupBy(incompatible, major).values()) {
    const newest = line.at(-1);
    if (newest === undefined || (await hasGoMod(host, newest, options))) continue;
    versions.push(...line.map((version) => `${version}+incompatible`).filter(isCanonical));
  }
  return versions;
}

async function hasGoMod(host: CodeHost, tag: string, options: CodeHostOptions): Promise<boolean> {
  const { name } = await host.stat(tag, options);
  return (await readOptionalFile(host, name, "go.mod", MAX_GO_MOD, options)) !== undefined;
}

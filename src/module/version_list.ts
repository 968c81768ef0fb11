import type { ModulePath, Version } from "./module_version.ts";
import { isCanonical, isModuleVersion } from "./path.ts";
import { isPseudoVersion } from "./pseudo.ts";
import { prerelease, sortVersions } from "./semver.ts";
import { fields } from "./space.ts";

/** What a GOPROXY says of the versions that it has of a module. */
export interface VersionList {
  /** The content of `@v/list`: tagged versions in ascending order, one a line. */
  readonly list: string;
  /** The version that `@latest` names; undefined without any. */
  readonly latest: Version | undefined;
}

/**
 * The list is without pseudo-versions, and `@latest` is the highest release, else the highest pre-release, else the newest
 * pseudo-version (https://go.dev/ref/mod#goproxy-protocol).
 */
export function listOfVersions(versions: readonly Version[]): VersionList {
  const tagged = sortVersions(versions.filter((version) => !isPseudoVersion(version)));
  const releases = tagged.filter((version) => prerelease(version) === "");
  return {
    list: tagged.map((version) => `${version}\n`).join(""),
    latest: releases.at(-1) ?? tagged.at(-1) ?? sortVersions(versions).at(-1),
  };
}

/**
 * The versions in a body of `@v/list` that the module can have, each once. What is none is passed over, and so is what
 * stands behind a version on its line, as in cmd/go/internal/modfetch/proxy.go, `versions`.
 */
export function parseVersionList(path: ModulePath, text: string): Version[] {
  const versions = text
    .split("\n")
    .map((line) => fields(line)[0] ?? "")
    .filter(isCanonical)
    .filter((version) => isModuleVersion(path, version));
  return [...new Set(versions)];
}

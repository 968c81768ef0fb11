import { GomodfsError } from "../../../lib/gomodfs_error.ts";
import type { ModulePath } from "../../../module/module_version.ts";
import { checkFilePath } from "../../../module/path.ts";
import { type PathVersion, splitPathVersion } from "../../../module/path_major.ts";
import { isPseudoVersion, pseudoVersionRevision } from "../../../module/pseudo.ts";
import { quote } from "../../../module/quote.ts";
import { build, isValid } from "../../../module/semver.ts";

/** Where a module is in a repository. */
export interface ModulePlace {
  readonly path: ModulePath;
  /** The import path of the repository's root: `example.com/a/b`. */
  readonly root: string;
  /** What a go-import tag says of the module's directory in the repository, "" or absent for nothing. */
  readonly subdirectory?: string | undefined;
}

/** Where a module is in a repository, and what its tags are called (codeRepo of cmd/go/internal/modfetch). */
export interface ModuleLocation {
  readonly path: ModulePath;
  /** The import path of the repository's root. */
  readonly root: string;
  /**
   * The directory of the module, "" for the root. With a major version suffix in the path the module may be one directory
   * further down instead, which has the suffix's name.
   */
  readonly directory: string;
  /** "/v2", ".v2", ".v2-unstable" or "". */
  readonly pathMajor: string;
  /** The path without it, as messages have it. */
  readonly pathPrefix: string;
  /** What names of version tags begin with: "" or the directory and a slash. */
  readonly tagPrefix: string;
}

/**
 * Finds out where a module is in a repository (newCodeRepo).
 *
 * @throws GomodfsError `INVALID` where it cannot be in it
 */
export function locateModule({ path, root, subdirectory = "" }: ModulePlace): ModuleLocation {
  if (!hasPathPrefix(path, root)) {
    throw new GomodfsError("INVALID", `mismatched repo: found ${quote(root)} for ${path}`);
  }
  if (subdirectory !== "") checkFilePath(subdirectory);
  const { prefix, pathMajor } = split(path);
  const pathPrefix = root === path ? path : prefix;
  if (!hasPathPrefix(pathPrefix, root)) {
    const message = `repository rooted at ${root} cannot contain module ${path}`;
    throw new GomodfsError("INVALID", message);
  }
  const directory = joinDirectories(pathPrefix.slice(root.length + 1), subdirectory);
  const tagPrefix = directory === "" ? "" : `${directory}/`;
  return { path, root, directory, pathMajor, pathPrefix, tagPrefix };
}

/** `name` in a directory of a repository. */
export function joinDirectories(directory: string, name: string): string {
  return directory === "" || name === "" ? directory + name : `${directory}/${name}`;
}

/** What version control calls a version, or whatever else was asked for (revToRev). */
export function revisionOf(location: ModuleLocation, version: string): string {
  if (!isValid(version)) return version;
  if (isPseudoVersion(version)) return pseudoVersionRevision(version);
  return location.tagPrefix + withoutIncompatible(version);
}

/** `v2.0.0` of `v2.0.0+incompatible`. Only the version of a module has this suffix, never a tag. */
export function withoutIncompatible(version: string): string {
  return build(version) === "+incompatible" ? version.slice(0, -"+incompatible".length) : version;
}

function split(path: ModulePath): PathVersion {
  const parts = splitPathVersion(path);
  if (parts === undefined) throw new GomodfsError("INVALID", `invalid module path ${quote(path)}`);
  return parts;
}

function hasPathPrefix(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}

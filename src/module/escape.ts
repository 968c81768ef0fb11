import { GomodfsError } from "../lib/gomodfs_error.ts";
import { escapeUpperCase, unescapeUpperCase } from "./bang_escape.ts";
import type { EscapedPath, EscapedVersion, ModulePath } from "./module_version.ts";
import { modulePathProblem, parseModulePath } from "./path.ts";
import { elementProblem } from "./path_element.ts";
import { quote } from "./quote.ts";

/** The form of a module path in file names and URLs. */
export function escapePath(path: ModulePath): EscapedPath {
  return escapeUpperCase(path) as EscapedPath; // what makes an escaped path is that it was made here
}

/**
 * The form of a version in file names and URLs. Every canonical version has one; other names of revisions (branches)
 * must be valid file names without "!".
 *
 * @throws GomodfsError `INVALID`
 */
export function escapeVersion(version: string): EscapedVersion {
  const escaped = escapeUpperCase(version);
  if (elementProblem(version, "file") !== undefined || unescapeUpperCase(escaped) !== version) {
    throw new GomodfsError(
      "INVALID",
      `version ${quote(version)} invalid: disallowed version string`,
    );
  }
  return escaped as EscapedVersion; // what makes an escaped version is that it was made here
}

/**
 * The inverse of {@linkcode escapePath}, for text from outside.
 *
 * @throws GomodfsError `INVALID` if `escaped` is not what {@linkcode escapePath} makes of a module path
 */
export function unescapePath(escaped: string): ModulePath {
  const path = unescapeUpperCase(escaped);
  const problem = path === undefined ? undefined : modulePathProblem(path);
  if (path === undefined || problem !== undefined) {
    const reason = problem === undefined ? "" : `: ${problem}`;
    throw new GomodfsError("INVALID", `invalid escaped module path ${quote(escaped)}${reason}`);
  }
  return parseModulePath(path);
}

/**
 * The inverse of {@linkcode escapeVersion}, for text from outside. The answer need not be a semantic version.
 *
 * @throws GomodfsError `INVALID` if `escaped` is not what {@linkcode escapeVersion} makes of a version
 */
export function unescapeVersion(escaped: string): string {
  const version = unescapeUpperCase(escaped);
  const problem = version === undefined ? undefined : elementProblem(version, "file");
  if (version === undefined || problem !== undefined) {
    const reason = problem === undefined ? "" : `: ${problem}`;
    throw new GomodfsError("INVALID", `invalid escaped version ${quote(escaped)}${reason}`);
  }
  return version;
}

import { GomodfsError } from "../lib/gomodfs_error.ts";
import { unescapeUpperCase } from "./bang_escape.ts";
import type { ModulePath, ModuleVersion, Version } from "./module_version.ts";
import { elementProblem, type PathKind } from "./path_element.ts";
import { canonicalVersion, pathMajorProblem, splitPathVersion } from "./path_major.ts";
import { quote } from "./quote.ts";
import { isValid } from "./semver.ts";

/**
 * Proves that `path` is a module path: what golang.org/x/mod/module CheckPath accepts.
 *
 * @throws GomodfsError `INVALID`
 */
export function parseModulePath(path: string): ModulePath {
  if (isModulePath(path)) return path;
  throw malformed("module", path, modulePathProblem(path) ?? "");
}

/** Whether {@linkcode parseModulePath} accepts `path`. */
export function isModulePath(path: string): path is ModulePath {
  return modulePathProblem(path) === undefined;
}

/**
 * Checks the import path of a package (x/mod/module CheckImportPath).
 *
 * @throws GomodfsError `INVALID`
 */
export function checkImportPath(path: string): void {
  const problem = pathProblem(path, "import");
  if (problem !== undefined) throw malformed("import", path, problem);
}

/**
 * Checks a slash-separated file path inside a module (x/mod/module CheckFilePath).
 *
 * @throws GomodfsError `INVALID`
 */
export function checkFilePath(path: string): void {
  const problem = pathProblem(path, "file");
  if (problem !== undefined) throw malformed("file", path, problem);
}

/**
 * Proves that the two name a module version: the path is valid, the version is a canonical semantic version, and the
 * major version agrees with the path's suffix. That is x/mod/module Check, and beyond it the canonical form, which
 * cmd/go demands of everything that it caches or reads from go.mod and go.sum.
 *
 * @throws GomodfsError `INVALID`
 */
export function parseModuleVersion(path: string, version: string): ModuleVersion {
  checkModuleVersion(path, version);
  const modulePath = parseModulePath(path);
  if (isCanonical(version)) return { path: modulePath, version };
  throw new GomodfsError(
    "INVALID",
    `${path}@${version}: version ${quote(version)} is not canonical (should be ${quote(canonicalVersion(version))})`,
  );
}

/**
 * Checks that the path is a module path, that the version is a semantic one and that the two correspond: x/mod/module
 * Check, which short versions such as `v1.2` pass.
 *
 * @throws GomodfsError `INVALID`
 */
export function checkModuleVersion(path: string, version: string): void {
  parseModulePath(path);
  const problem = versionProblem(path, version);
  if (problem !== undefined) {
    throw new GomodfsError("INVALID", `${path}@${cut(version)}: invalid version: ${problem}`);
  }
}

/** Whether {@linkcode parseModuleVersion} accepts the two. */
export function isModuleVersion(path: string, version: string): boolean {
  return isModulePath(path) && isCanonical(version) && versionProblem(path, version) === undefined;
}

/** Whether `version` is a semantic version in canonical form, "+incompatible" allowed. */
export function isCanonical(version: string): version is Version {
  return version !== "" && canonicalVersion(version) === version;
}

/**
 * Whether the elements, escaped as in file names, could begin the path of a module: the first looks like a domain name,
 * none would have to be something else. A file system answers ENOENT for all others (`.git`, `vendor`, `@eaDir`)
 * without asking anybody.
 */
export function isPathPrefix(elements: readonly string[]): boolean {
  return elements.every((element, index) => {
    const name = unescapeUpperCase(element);
    if (name === undefined || elementProblem(name, "module") !== undefined) return false;
    return index > 0 || firstElementProblem(name) === undefined;
  });
}

/** Why `path` is not a module path; undefined if it is. */
export function modulePathProblem(path: string): string | undefined {
  return (
    pathProblem(path, "module") ??
    firstElementProblem(firstElement(path)) ??
    (splitPathVersion(path) === undefined ? "invalid version" : undefined)
  );
}

/** What module, import and file paths have in common; the reasons are those of x/mod/module checkPath. */
export function pathProblem(path: string, kind: PathKind): string | undefined {
  if (!path.isWellFormed()) return "invalid UTF-8";
  if (path === "") return "empty string";
  if (path.startsWith("-") && kind !== "file") return "leading dash";
  if (path.includes("//")) return "double slash";
  if (path.endsWith("/")) return "trailing slash";
  for (let start = 0, end: number; start <= path.length; start = end + 1) {
    end = path.indexOf("/", start);
    if (end < 0) end = path.length;
    const problem = elementProblem(path.slice(start, end), kind);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** By convention a domain name, in lower case so that it cannot be spelt in two ways. */
function firstElementProblem(element: string): string | undefined {
  if (!element.includes(".")) return "missing dot in first path element";
  if (element.startsWith("-")) return "leading dash in first path element";
  const match = /[^a-z0-9.-]/.exec(element);
  return match === null ? undefined : `invalid char '${match[0]}' in first path element`;
}

function firstElement(path: string): string {
  const slash = path.indexOf("/");
  return slash < 0 ? path : path.slice(0, slash);
}

function versionProblem(path: string, version: string): string | undefined {
  if (!isValid(version)) return "not a semantic version";
  return pathMajorProblem(version, splitPathVersion(path)?.pathMajor ?? "");
}

function malformed(kind: PathKind, path: string, problem: string): GomodfsError {
  return new GomodfsError("INVALID", `malformed ${kind} path ${quote(path)}: ${problem}`);
}

function cut(version: string): string {
  return version.length <= 100 ? version : `${version.slice(0, 100)}...`;
}

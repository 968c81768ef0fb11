import { GomodfsError } from "../lib/gomodfs_error.ts";
import { quote } from "./quote.ts";
import { build, canonical, major } from "./semver.ts";

/** A module path in two: `prefix + pathMajor` is the path. */
export interface PathVersion {
  readonly prefix: string;
  /** "", "/vN" with N >= 2, or ".vN" and ".vN-unstable" of gopkg.in. */
  readonly pathMajor: string;
}

const GOPKG_IN = "gopkg.in/";

/**
 * Splits a major version suffix off a module path. Undefined where the last element breaks the rules, as in
 * `example.com/pkg/v1` or `example.com/pkg/v1.2`.
 */
export function splitPathVersion(path: string): PathVersion | undefined {
  if (path.startsWith(GOPKG_IN)) return splitGopkgIn(path);
  const start = startOfTrailing(path, path.length, isDigitOrDot);
  if (start <= 1 || start === path.length || path[start - 1] !== "v" || path[start - 2] !== "/") {
    return { prefix: path, pathMajor: "" };
  }
  const pathMajor = path.slice(start - 2);
  if (pathMajor.includes(".") || pathMajor.startsWith("/v0") || pathMajor === "/v1")
    return undefined;
  return { prefix: path.slice(0, start - 2), pathMajor };
}

/** All gopkg.in paths end in .vN, for all N. */
function splitGopkgIn(path: string): PathVersion | undefined {
  const end = path.endsWith("-unstable") ? path.length - "-unstable".length : path.length;
  const start = startOfTrailing(path, end, isDigit);
  if (start <= 1 || path[start - 1] !== "v" || path[start - 2] !== ".") return undefined;
  const pathMajor = path.slice(start - 2);
  if (pathMajor.length <= 2 || (pathMajor[2] === "0" && pathMajor !== ".v0")) return undefined;
  return { prefix: path.slice(0, start - 2), pathMajor };
}

function startOfTrailing(
  path: string,
  end: number,
  matches: (character: string) => boolean,
): number {
  let start = end;
  while (start > 0 && matches(path.charAt(start - 1))) start--;
  return start;
}

function isDigit(character: string): boolean {
  return character >= "0" && character <= "9";
}

function isDigitOrDot(character: string): boolean {
  return isDigit(character) || character === ".";
}

/** Whether the semantic version matches the `pathMajor` of {@linkcode splitPathVersion}. */
export function matchPathMajor(version: string, pathMajor: string): boolean {
  return pathMajorProblem(version, pathMajor) === undefined;
}

/**
 * Like {@linkcode matchPathMajor}, with a reason.
 *
 * @throws GomodfsError `INVALID`
 */
export function checkPathMajor(version: string, pathMajor: string): void {
  const problem = pathMajorProblem(version, pathMajor);
  if (problem !== undefined)
    throw new GomodfsError("INVALID", `version ${quote(version)} invalid: ${problem}`);
}

/** Why `version` does not match `pathMajor`; undefined if it does. */
export function pathMajorProblem(version: string, pathMajor: string): string | undefined {
  const suffix = withoutUnstable(pathMajor);
  // An old bug made v0.0.0- pseudo-versions for gopkg.in .v1, and go.mod files in the wild require them.
  if (version.startsWith("v0.0.0-") && suffix === ".v1") return undefined;
  const actual = major(version);
  if (suffix === "") {
    if (actual === "v0" || actual === "v1" || build(version) === "+incompatible") return undefined;
    return `should be v0 or v1, not ${actual}`;
  }
  return actual === suffix.slice(1) ? undefined : `should be ${suffix.slice(1)}, not ${actual}`;
}

/**
 * The prefix of version tags that a `pathMajor` of {@linkcode splitPathVersion} implies: "v2" of "/v2"; "" allows v0
 * and v1.
 */
export function pathMajorPrefix(pathMajor: string): string {
  return withoutUnstable(pathMajor).slice(1);
}

function withoutUnstable(pathMajor: string): string {
  return pathMajor.startsWith(".v") && pathMajor.endsWith("-unstable")
    ? pathMajor.slice(0, -"-unstable".length)
    : pathMajor;
}

/** The canonical form of a version, which keeps the build suffix "+incompatible"; "" if it is invalid. */
export function canonicalVersion(version: string): string {
  const suffix = build(version) === "+incompatible" ? "+incompatible" : "";
  return canonical(version) + suffix;
}

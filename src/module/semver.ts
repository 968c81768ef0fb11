import { compareBytes } from "./byte_order.ts";
import { compareDecimals } from "./decimal.ts";

/**
 * vMAJOR[.MINOR[.PATCH[-PRERELEASE][+BUILD]]]: Semantic Versioning 2.0.0 with the two exceptions of
 * golang.org/x/mod/semver, the required "v" and the short forms vMAJOR and vMAJOR.MINOR. Identifiers are looked at
 * separately, since a repeated group for them would overflow the stack on versions of megabytes.
 */
const VERSION_PATTERN =
  /^v(0|[1-9]\d*)(?:\.(0|[1-9]\d*)(?:\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?)?)?$/;
/** An identifier of a prerelease that is empty or a number with a leading zero. */
const BAD_PRERELEASE_PATTERN = /(?:^-|\.)(?:0\d+)?(?:\.|$)/;
/** An empty identifier of build metadata. */
const BAD_BUILD_PATTERN = /(?:^\+|\.)(?:\.|$)/;

interface ParsedVersion {
  readonly major: string;
  readonly minor: string;
  readonly patch: string;
  /** With its "-". */
  readonly prerelease: string;
  /** With its "+". */
  readonly build: string;
}

function parse(version: string): ParsedVersion | undefined {
  const match = VERSION_PATTERN.exec(version);
  if (match === null) return undefined;
  const [, major = "", minor = "0", patch = "0", prerelease = "", build = ""] = match;
  if (BAD_PRERELEASE_PATTERN.test(prerelease) || BAD_BUILD_PATTERN.test(build)) return undefined;
  return { major, minor, patch, prerelease, build };
}

/** Whether `version` is a semantic version with a leading "v". */
export function isValid(version: string): boolean {
  return parse(version) !== undefined;
}

/** `version` with .MINOR and .PATCH filled in and build metadata dropped; "" if it is invalid. */
export function canonical(version: string): string {
  const parsed = parse(version);
  if (parsed === undefined) return "";
  return `v${parsed.major}.${parsed.minor}.${parsed.patch}${parsed.prerelease}`;
}

/** The major version prefix: "v2" of "v2.1.0"; "" if `version` is invalid. */
export function major(version: string): string {
  const parsed = parse(version);
  return parsed === undefined ? "" : `v${parsed.major}`;
}

/** The major.minor prefix: "v2.1" of "v2.1.0"; "" if `version` is invalid. */
export function majorMinor(version: string): string {
  const parsed = parse(version);
  return parsed === undefined ? "" : `v${parsed.major}.${parsed.minor}`;
}

/** The prerelease suffix: "-pre" of "v2.1.0-pre+meta"; "" if there is none or `version` is invalid. */
export function prerelease(version: string): string {
  return parse(version)?.prerelease ?? "";
}

/** The build suffix: "+meta" of "v2.1.0-pre+meta"; "" if there is none or `version` is invalid. */
export function build(version: string): string {
  return parse(version)?.build ?? "";
}

/**
 * Semantic version precedence: negative, 0 or positive. Invalid versions are equal to each other and below valid ones;
 * build metadata does not count.
 */
export function compare(a: string, b: string): number {
  const x = parse(a);
  const y = parse(b);
  if (x === undefined || y === undefined) return Number(x !== undefined) - Number(y !== undefined);
  return (
    compareDecimals(x.major, y.major) ||
    compareDecimals(x.minor, y.minor) ||
    compareDecimals(x.patch, y.patch) ||
    comparePrereleases(x.prerelease, y.prerelease)
  );
}

/** A sorted copy: by {@linkcode compare}, equal ones by their bytes. */
export function sortVersions<V extends string>(versions: readonly V[]): V[] {
  return versions.toSorted((a, b) => compare(a, b) || compareBytes(a, b));
}

/** Semantic Versioning 2.0.0 section 11. */
function comparePrereleases(a: string, b: string): number {
  if (a === b) return 0;
  if (a === "") return 1;
  if (b === "") return -1;
  const x = a.slice(1).split(".");
  const y = b.slice(1).split(".");
  for (let index = 0; index < Math.min(x.length, y.length); index++) {
    const difference = compareIdentifiers(x[index] ?? "", y[index] ?? "");
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
}

function compareIdentifiers(a: string, b: string): number {
  const aIsNumeric = isNumeric(a);
  if (aIsNumeric !== isNumeric(b)) return aIsNumeric ? -1 : 1;
  return aIsNumeric ? compareDecimals(a, b) : compareBytes(a, b);
}

function isNumeric(identifier: string): boolean {
  return /^\d+$/.test(identifier);
}

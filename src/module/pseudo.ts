import { GomodfsError } from "../lib/gomodfs_error.ts";
import { decrementDecimal, incrementDecimal } from "./decimal.ts";
import { quote } from "./quote.ts";
import { build, canonical, isValid, major, prerelease } from "./semver.ts";

/**
 * Pseudo-versions (golang.org/x/mod/module, pseudo.go) name commits that have no tag:
 *
 *   (1) vX.0.0-yyyymmddhhmmss-abcdef123456
 *   (2) vX.Y.(Z+1)-0.yyyymmddhhmmss-abcdef123456
 *   (3) vX.Y.(Z+1)-0.yyyymmddhhmmss-abcdef123456+incompatible
 *   (4) vX.Y.Z-pre.0.yyyymmddhhmmss-abcdef123456
 *   (5) vX.Y.Z-pre.0.yyyymmddhhmmss-abcdef123456+incompatible
 */

interface PseudoVersionParts {
  /** "vX.0.0", "vX.Y.(Z+1)-0" or "vX.Y.Z-pre.0". */
  readonly base: string;
  /** yyyymmddhhmmss, not proven to be a time. */
  readonly timestamp: string;
  readonly revision: string;
  /** With its "+", or "". */
  readonly build: string;
}

const PSEUDO_VERSION_PATTERN =
  /^v\d+\.(?:0\.0-|\d+\.\d+-(?:[^+]*\.)?0\.)\d{14}-[A-Za-z0-9]+(?:\+[0-9A-Za-z.-]+)?$/;
/** `revision` and `timestamp` cannot hold what separates them. */
const PARTS_PATTERN = /^(.*)[.-](\d+)-([^-]+)$/s;

/** Whether `version` is a pseudo-version. */
export function isPseudoVersion(version: string): boolean {
  return PSEUDO_VERSION_PATTERN.test(version) && isValid(version);
}

/**
 * Makes a pseudo-version.
 *
 * @param majorVersion "v2" and the like; "" is v0. Of no meaning if there is an older version
 * @param older the newest tagged version before the commit, or ""
 * @param time of the commit; parts of seconds are dropped
 * @param revision twelve digits of the commit's hash
 */
export function pseudoVersion(
  majorVersion: string,
  older: string,
  time: Date,
  revision: string,
): string {
  const segment = `${formatTimestamp(time)}-${revision}`;
  const base = canonical(older);
  if (base === "") return `${majorVersion === "" ? "v0" : majorVersion}.0.0-${segment}`; // form (1)
  if (prerelease(base) !== "") return `${base}.0.${segment}${build(older)}`; // forms (4) and (5)
  const patch = base.lastIndexOf(".") + 1;
  const next = base.slice(0, patch) + incrementDecimal(base.slice(patch));
  return `${next}-0.${segment}${build(older)}`; // forms (2) and (3)
}

/** The pseudo-version of no commit at year 1, which stands for "any": `v0.0.0-00010101000000-000000000000`. */
export function zeroPseudoVersion(majorVersion: string): string {
  return `${majorVersion === "" ? "v0" : majorVersion}.0.0-00010101000000-000000000000`;
}

/** Whether {@linkcode zeroPseudoVersion} made `version`. */
export function isZeroPseudoVersion(version: string): boolean {
  return version === zeroPseudoVersion(major(version));
}

/**
 * The time of the commit.
 *
 * @throws GomodfsError `INVALID` if it is no pseudo-version or its time is none
 */
export function pseudoVersionTime(version: string): Date {
  const { timestamp } = parse(version);
  const time = new Date(
    timestamp.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/, "$1-$2-$3T$4:$5:$6Z"),
  );
  // Date takes 30 February for 1 March and 24:00 for the next day; Go takes neither for a time.
  if (Number.isNaN(time.getTime()) || formatTimestamp(time) !== timestamp) {
    throw invalid(version, `malformed time ${quote(timestamp)}`);
  }
  return time;
}

/**
 * The revision: usually twelve digits of the commit's hash.
 *
 * @throws GomodfsError `INVALID` if `version` is no pseudo-version
 */
export function pseudoVersionRevision(version: string): string {
  return parse(version).revision;
}

/**
 * The canonical version that the pseudo-version follows; "" if there is none.
 *
 * @throws GomodfsError `INVALID` if `version` is no pseudo-version, or one that cannot follow any
 */
export function pseudoVersionBase(version: string): string {
  const parts = parse(version);
  const suffix = prerelease(parts.base);
  if (suffix === "") {
    if (parts.build === "") return "";
    throw invalid(version, `lacks base version, but has build metadata ${quote(parts.build)}`);
  }
  if (suffix !== "-0") return parts.base.slice(0, -".0".length) + parts.build;
  const next = parts.base.slice(0, -suffix.length);
  const patch = next.lastIndexOf(".") + 1;
  const previous = decrementDecimal(next.slice(patch));
  if (previous !== undefined) return next.slice(0, patch) + previous + parts.build;
  throw invalid(version, `version before ${next} would have negative patch number`);
}

function parse(version: string): PseudoVersionParts {
  const suffix = build(version);
  const match = isPseudoVersion(version)
    ? PARTS_PATTERN.exec(version.slice(0, version.length - suffix.length))
    : null;
  if (match === null) throw invalid(version, "syntax error");
  const [, base = "", timestamp = "", revision = ""] = match;
  return { base, timestamp, revision, build: suffix };
}

/** yyyymmddhhmmss in UTC. */
function formatTimestamp(time: Date): string {
  return time
    .toISOString()
    .replace(/\.\d+Z$/, "")
    .replace(/[^0-9]/g, "");
}

function invalid(version: string, reason: string): GomodfsError {
  return new GomodfsError("INVALID", `pseudo-version ${quote(version)} invalid: ${reason}`);
}

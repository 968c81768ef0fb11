import { compareDecimals } from "./decimal.ts";

/** The parts of a Go version, as decimals and in lower-case letters; "" for what is absent. */
interface GoVersion {
  readonly major: string;
  readonly minor: string;
  readonly patch: string;
  /** "alpha", "beta" or "rc" in practice. */
  readonly kind: string;
  readonly prerelease: string;
}

const DECIMAL = "0|[1-9][0-9]*";
const GO_VERSION_PATTERN = new RegExp(
  `^(${DECIMAL})(?:\\.(${DECIMAL})(?:\\.(${DECIMAL})|([a-z]+)(${DECIMAL})?)?)?$`,
);
const MALFORMED: GoVersion = { major: "", minor: "", patch: "", kind: "", prerelease: "" };

/**
 * Whether `version` is a Go version such as "1.21", "1.21rc1" or "1.21.0", without a "go" prefix (Go's internal/gover
 * IsValid).
 */
export function isValidGoVersion(version: string): boolean {
  return GO_VERSION_PATTERN.test(version);
}

/**
 * Compares Go versions (internal/gover Compare): negative, 0 or positive. The language version 1.21 is below 1.21rc1,
 * and that below 1.21.0; malformed versions are equal to each other and below all others.
 */
export function compareGoVersions(a: string, b: string): number {
  const x = parseGoVersion(a);
  const y = parseGoVersion(b);
  return (
    compareDecimals(x.major, y.major) ||
    compareDecimals(x.minor, y.minor) ||
    compareDecimals(x.patch, y.patch) ||
    compareKinds(x.kind, y.kind) ||
    compareDecimals(x.prerelease, y.prerelease)
  );
}

/** The language version: "1.21" of "1.21.3" (internal/gover Lang); "" if `version` is malformed. */
export function goLanguageVersion(version: string): string {
  const { major, minor } = parseGoVersion(version);
  return minor === "" || (major === "1" && minor === "0") ? major : `${major}.${minor}`;
}

/**
 * The version of a toolchain by its name (cmd/go/internal/gover FromToolchain): "1.21.3" of "go1.21.3" and
 * "go1.21.3-custom"; undefined if that is no name of a toolchain.
 */
export function goVersionOfToolchain(name: string): string | undefined {
  if (!name.startsWith("go") || /[\\/]/.test(name)) return undefined;
  const version = name.slice("go".length).replace(/[ \t-].*$/s, "");
  return isValidGoVersion(version) ? version : undefined;
}

function parseGoVersion(version: string): GoVersion {
  const match = GO_VERSION_PATTERN.exec(version);
  if (match === null) return MALFORMED;
  const [, major = "", minor, patch, kind = "", prerelease = ""] = match;
  if (minor === undefined) return { ...MALFORMED, major, minor: "0", patch: "0" };
  return { major, minor, patch: patch ?? impliedPatch(minor, kind), kind, prerelease };
}

/** Before 1.21 the first release was 1.N; since then it is 1.N.0, and 1.N the language. */
function impliedPatch(minor: string, kind: string): string {
  return kind === "" && compareDecimals(minor, "21") < 0 ? "0" : "";
}

function compareKinds(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

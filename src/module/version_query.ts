import { GomodfsError } from "../lib/gomodfs_error.ts";
import { isCanonical } from "./path.ts";
import { pathMajorProblem, splitPathVersion } from "./path_major.ts";
import { isPseudoVersion } from "./pseudo.ts";
import { quote } from "./quote.ts";
import { compare, isValid, majorMinor } from "./semver.ts";

/** What a version query asks for (golang.org/ref/mod, version queries; cmd/go/internal/modload newQueryMatcher). */
export type VersionQuery =
  /** A branch, a tag, a commit or a version that is not in canonical form: the source says which version that is. */
  | { readonly kind: "revision"; readonly revision: string }
  /** A whole version. */
  | { readonly kind: "version"; readonly version: string }
  /** One of the versions that there are. */
  | VersionChoice;

/** Which of a module's versions a query chooses. */
export interface VersionChoice {
  readonly kind: "choice";
  readonly matches: (version: string) => boolean;
  /** The lowest that matches, instead of the highest. */
  readonly prefersLower: boolean;
  /** Counts +incompatible versions even where the version below them has a go.mod file. */
  readonly countsIncompatible: boolean;
  /** Takes what the source calls latest if no tagged version matches. */
  readonly mayBeUntagged: boolean;
  /** Stays on the current version if there is nothing else. */
  readonly mayStay: boolean;
}

const PREFIX_PATTERN = /^v\d+(?:\.\d+)?$/;
const OPERATORS: readonly {
  readonly operator: string;
  readonly holds: (comparison: number) => boolean;
  /** Whether "v1.2" behind it could mean v1.2.0 as well as any v1.2.x. */
  readonly isAmbiguous: boolean;
  readonly prefersLower: boolean;
}[] = [
  { operator: "<=", holds: (sign) => sign <= 0, isAmbiguous: true, prefersLower: false },
  { operator: "<", holds: (sign) => sign < 0, isAmbiguous: false, prefersLower: false },
  { operator: ">=", holds: (sign) => sign >= 0, isAmbiguous: false, prefersLower: true },
  { operator: ">", holds: (sign) => sign > 0, isAmbiguous: true, prefersLower: true },
];

/**
 * Reads the part of `MODULE@QUERY` behind the "@".
 *
 * @param current the version that the module is at, for `upgrade` and `patch`
 * @throws GomodfsError `USAGE` for a query that cannot be read, or `patch` without a current version
 */
export function parseVersionQuery(
  path: string,
  query: string,
  current: string | undefined,
): VersionQuery {
  const countsIncompatible = current?.endsWith("+incompatible") ?? false;
  switch (query) {
    case "latest":
      return choice(() => true, { countsIncompatible, mayBeUntagged: true });
    case "upgrade":
      if (current === undefined) return parseVersionQuery(path, "latest", current);
      return upgradeOf(current, () => true, countsIncompatible);
    case "patch": {
      if (current === undefined)
        throw invalid(
          `can't query version "patch" of module ${path}: no existing version is required`,
        );
      const prefix = `${majorMinor(current)}.`;
      return upgradeOf(current, (version) => version.startsWith(prefix), countsIncompatible);
    }
  }
  return (
    parseRange(path, query, countsIncompatible) ?? parseVersion(path, query, countsIncompatible)
  );
}

/** Whether a query means one particular revision, excluded and retracted or not (modload, IsRevisionQuery). */
export function isRevisionQuery(query: string): boolean {
  return !/^(?:latest|upgrade|patch)$|^[<>]/.test(query) && !isVersionPrefix(query);
}

function parseRange(
  path: string,
  query: string,
  countsIncompatible: boolean,
): VersionQuery | undefined {
  const range = OPERATORS.find(({ operator }) => query.startsWith(operator));
  if (range === undefined) return undefined;
  const bound = query.slice(range.operator.length);
  if (!isValid(bound)) {
    throw invalid(`invalid semantic version ${quote(bound)} in range ${quote(query)}`);
  }
  if (range.isAmbiguous && isVersionPrefix(bound)) {
    throw invalid(`ambiguous semantic version ${quote(bound)} in range ${quote(query)}`);
  }
  return choice((version) => range.holds(compare(version, bound)), {
    prefersLower: range.prefersLower,
    countsIncompatible: countsIncompatible || !fitsPath(path, bound),
  });
}

function parseVersion(path: string, query: string, countsIncompatible: boolean): VersionQuery {
  if (isVersionPrefix(query)) {
    return choice(
      // v1.2 does not mean v1.2.0-pre, which is below v1.2.0 (golang.org/issue/31972).
      (version) => version.startsWith(`${query}.`) && compare(version, query) >= 0,
      { countsIncompatible: countsIncompatible || !fitsPath(path, query) },
    );
  }
  return isCanonical(query)
    ? { kind: "version", version: query }
    : { kind: "revision", revision: query };
}

function upgradeOf(
  current: string,
  matches: (version: string) => boolean,
  countsIncompatible: boolean,
): VersionChoice {
  return choice((version) => matches(version) && compare(version, current) >= 0, {
    countsIncompatible,
    mayBeUntagged: isPseudoVersion(current),
    mayStay: true,
  });
}

function choice(
  matches: (version: string) => boolean,
  options: Partial<VersionChoice>,
): VersionChoice {
  return {
    kind: "choice",
    matches,
    prefersLower: false,
    countsIncompatible: false,
    mayBeUntagged: false,
    mayStay: false,
    ...options,
  };
}

function isVersionPrefix(version: string): boolean {
  return PREFIX_PATTERN.test(version) && isValid(version);
}

function fitsPath(path: string, version: string): boolean {
  const split = splitPathVersion(path);
  return split !== undefined && pathMajorProblem(version, split.pathMajor) === undefined;
}

function invalid(message: string): GomodfsError {
  return new GomodfsError("USAGE", message, {
    hint: "write a version such as v1.2.3 or v1.2, a range such as >=v1.2.3, latest, upgrade, patch, or a branch, tag or commit",
  });
}

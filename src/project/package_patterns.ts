import { dirname, resolve } from "node:path";

/** Names of packages as on the go command's command line, and the directory that relative ones begin at. */
export interface PackagePatterns {
  /** Absolute. */
  readonly directory: string;
  /** `./...`, `./cmd/tool`, `.`, `main.go`, `example.com/m/...`; all packages of the main modules if there are none. */
  readonly patterns: readonly string[];
}

/** What a pattern names. */
export type PackageRoot =
  | {
      readonly kind: "directory";
      /** Absolute. */
      readonly directory: string;
      /** Whether all packages below count too. */
      readonly recursive: boolean;
    }
  | { readonly kind: "importPath"; readonly importPath: string; readonly recursive: boolean }
  /** All packages of the main modules. */
  | { readonly kind: "all" };

const WILDCARD = "...";

/**
 * What patterns name. A wildcard within a path stands for everything below its directory, which may be more than it
 * matches.
 */
export function parsePackagePatterns({ directory, patterns }: PackagePatterns): PackageRoot[] {
  if (patterns.length === 0) return [{ kind: "all" }];
  return patterns.map((pattern) => parsePattern(pattern, directory));
}

function parsePattern(pattern: string, workingDirectory: string): PackageRoot {
  if (pattern === "all" || pattern === WILDCARD) return { kind: "all" };
  const { base, recursive } = splitWildcard(pattern);
  if (isPath(pattern)) {
    return { kind: "directory", directory: resolve(workingDirectory, base), recursive };
  }
  if (pattern.endsWith(".go")) {
    return {
      kind: "directory",
      directory: dirname(resolve(workingDirectory, pattern)),
      recursive: false,
    };
  }
  return { kind: "importPath", importPath: base, recursive };
}

function splitWildcard(pattern: string): { readonly base: string; readonly recursive: boolean } {
  const wildcard = pattern.indexOf(WILDCARD);
  if (wildcard < 0) return { base: pattern.replace(/\/+$/, ""), recursive: false };
  return {
    base: pattern.slice(0, Math.max(0, pattern.lastIndexOf("/", wildcard))),
    recursive: true,
  };
}

/** Whether the go command takes it for a path in the file system (cmd/go/internal/search IsLocal). */
function isPath(pattern: string): boolean {
  return /^(?:\/|\.\.?(?:\/|$))/.test(pattern);
}

import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { isPathPattern } from "../../module/path_match.ts";
import {
  type CredentialHash,
  formatCredentialHash,
  parseCredentialHash,
} from "./credential_hash.ts";

/** One way for a client to prove its name. */
export interface Credential {
  readonly name: string;
  readonly hash: CredentialHash;
  /** Globs of module paths, as GOPRIVATE's: which of the server's private modules the client may read. */
  readonly patterns: readonly string[];
}

/** The user of basic authentication ends at a colon (RFC 7617 section 2); a name stands in logs and metrics. */
const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$/;
const MAX_PATTERNS = 1_000;

/**
 * The name of a client.
 *
 * @throws GomodfsError `USAGE`
 */
export function parseClientName(text: string): string {
  if (NAME_PATTERN.test(text)) return text;
  throw new GomodfsError(
    "USAGE",
    `${JSON.stringify(text.slice(0, 80))} is no name of a client: letters, digits and . _ @ + -, 64 characters at most`,
  );
}

/**
 * A comma-separated list of module path globs.
 *
 * @throws GomodfsError `USAGE`
 */
export function parseModulePatterns(text: string): string[] {
  const patterns = text.split(",");
  if (patterns.length > MAX_PATTERNS) {
    throw new GomodfsError("USAGE", `more than ${MAX_PATTERNS} patterns of module paths`);
  }
  for (const pattern of patterns) checkModulePattern(pattern);
  return patterns;
}

/**
 * Refuses a glob that GOPRIVATE would silently match nothing by.
 *
 * @throws GomodfsError `USAGE`
 */
export function checkModulePattern(pattern: string): void {
  if (pattern !== "" && isPathPattern(pattern) && !/[\s,]/.test(pattern)) return;
  throw new GomodfsError("USAGE", `${JSON.stringify(pattern)} is no pattern of module paths`, {
    hint: "write globs as for GOPRIVATE: corp.example.com/team,*.internal.example.com",
  });
}

/**
 * Reads a line of a file of credentials: `NAME HASH [PATTERN,PATTERN…]`.
 *
 * @throws GomodfsError `USAGE`
 */
export function parseCredential(line: string): Credential {
  const [name = "", hash, patterns, ...rest] = line.trim().split(/[ \t]+/);
  if (hash === undefined || rest.length > 0) {
    throw new GomodfsError("USAGE", "the line is not NAME HASH [PATTERN,PATTERN...]");
  }
  return {
    name: parseClientName(name),
    hash: parseCredentialHash(hash),
    patterns: patterns === undefined ? [] : parseModulePatterns(patterns),
  };
}

/** The line that {@linkcode parseCredential} reads, without a newline. */
export function formatCredential({ name, hash, patterns }: Credential): string {
  const fields = [name, formatCredentialHash(hash)];
  if (patterns.length > 0) fields.push(patterns.join(","));
  return fields.join(" ");
}

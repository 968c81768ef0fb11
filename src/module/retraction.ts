import type { Directive } from "./go_mod_directive.ts";
import { compare } from "./semver.ts";

/** A `retract` line: versions that should not be used, both bounds included. */
export interface Retraction {
  /** As written: not proven to be a version. */
  readonly low: string;
  readonly high: string;
  /** Its comments. */
  readonly rationale: string;
}

/** Whether a retraction concerns a version. */
export function concerns({ low, high }: Retraction, version: string): boolean {
  return compare(low, version) <= 0 && compare(version, high) <= 0;
}

/**
 * Reads `retract v1.2.3` and `retract [v1.2.3, v1.3.0]`.
 *
 * @param lax returns nothing for what it cannot read, which may be the syntax of a later Go version
 */
export function parseRetractLine(directive: Directive, lax: boolean): Retraction[] {
  const { args } = directive;
  const [low, high, count] = args[0] === "[" ? [args[1], args[3], 5] : [args[0], args[0], 1];
  const problem = intervalProblem(args) ?? trailingProblem(args[count], lax);
  if (problem === undefined && low !== undefined && high !== undefined) {
    return readInterval(directive, low, high, lax);
  }
  if (lax) return [];
  throw directive.error(problem ?? "");
}

function intervalProblem(args: readonly string[]): string | undefined {
  if (args[0] === undefined || args[0] === "(") return "expected '[' or version";
  if (args[0] !== "[") return undefined;
  if (args[1] === undefined) return "expected version after '['";
  if (args[2] !== ",") return "expected ',' after version";
  if (args[3] === undefined) return "expected version after ','";
  return args[4] === "]" ? undefined : "expected ']' after version";
}

function trailingProblem(token: string | undefined, lax: boolean): string | undefined {
  return token === undefined || lax ? undefined : "unexpected token after version";
}

function readInterval(directive: Directive, low: string, high: string, lax: boolean): Retraction[] {
  try {
    const rationale = directive.comment;
    return [{ low: directive.string(low), high: directive.string(high), rationale }];
  } catch (error) {
    if (lax) return [];
    throw error;
  }
}

import type { ModulePart } from "../cache/module_cache.ts";
import { type ErrorCode, GomodfsError } from "../lib/gomodfs_error.ts";
import { formatModuleVersion, type ModuleVersion } from "../module/module_version.ts";
import { causes } from "./exit_code.ts";

/** A part that could not be fetched. */
export interface FailedPart {
  readonly id: ModuleVersion;
  readonly part: ModulePart;
  readonly error: unknown;
}

/** A failure in words: the module, the cause, and on a line of its own what to do. */
export function describeFailure({ id, part, error }: FailedPart): string {
  const reason = explain(error);
  const name = formatModuleVersion(id);
  const subject = part === "zip" ? name : `${name} (.${part})`;
  const message = reason.includes(name) ? reason : `${subject}: ${reason}`;
  const hint = adviseOn(error);
  return hint === undefined ? `gomodfs: ${message}` : `gomodfs: ${message}\n  ${hint}`;
}

/** The message of an error with its causes, on one line. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return `${error.message}${causes(error)}`;
}

function adviseOn(error: unknown): string | undefined {
  if (!(error instanceof GomodfsError)) return undefined;
  return error.hint ?? ADVICE[error.code];
}

/** What helps most often. A source that knows better gives its error a hint. */
const ADVICE: Readonly<Partial<Record<ErrorCode, string>>> = {
  NOT_FOUND:
    "check path and version in go.mod; for a private module, GOPRIVATE and your credentials",
  UPSTREAM: "try again, or name another proxy with --proxy LIST",
  TIMEOUT: "try again, or name another proxy with --proxy LIST",
  SECURITY:
    "do not use it: compare go.sum with the module's author, or whoever changed go.sum last",
  UNVERIFIED:
    "add its lines to go.sum (go mod tidy), or name private modules in GOPRIVATE or GONOSUMDB",
  FORBIDDEN: "change GOPROXY, or name a proxy with --proxy LIST",
  STORE: "see that the disk has room and the directory is yours to write, then run it again",
  INVALID: "ask the module's author for another version, or the proxy's owner to fetch it again",
};

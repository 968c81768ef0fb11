import { GomodfsError } from "../../lib/gomodfs_error.ts";

/** The error for a file system call that failed while `path` was written; other errors of gomodfs stay as they are. */
export function cannotWrite(path: string, cause: unknown): GomodfsError {
  return failure("write", path, cause);
}

/** The error for a file system call that failed while `path` was read; other errors of gomodfs stay as they are. */
export function cannotRead(path: string, cause: unknown): GomodfsError {
  return failure("read", path, cause);
}

/** Whether a file system call failed because there is nothing of that name. */
export function isMissing(error: unknown): boolean {
  const code = systemCode(error);
  return code === "ENOENT" || code === "ENOTDIR";
}

interface Reason {
  readonly text: string;
  readonly hint?: string;
}

const FULL: Reason = {
  text: "no space is left on its file system",
  hint: "free some space there, or name a directory on another file system",
};
const DENIED: Reason = {
  text: "permission is denied",
  hint: "make it accessible to this user, or name another directory",
};

const REASONS: ReadonlyMap<string, Reason> = new Map([
  ["ENOSPC", FULL],
  ["EDQUOT", { ...FULL, text: "the disk quota is used up" }],
  ["EACCES", DENIED],
  ["EPERM", DENIED],
  ["EROFS", { text: "its file system is read-only", hint: "name a directory that can be written" }],
  ["ENOTDIR", { text: "something on its path is not a directory" }],
  ["ENOENT", { text: "there is no such file" }],
]);

function failure(verb: "read" | "write", path: string, cause: unknown): GomodfsError {
  if (cause instanceof GomodfsError) return cause;
  const { text, hint } = reasonOf(cause);
  return new GomodfsError("STORE", `cannot ${verb} ${path}: ${text}`, {
    cause,
    ...(hint === undefined ? {} : { hint }),
  });
}

function reasonOf(cause: unknown): Reason {
  const known = REASONS.get(systemCode(cause) ?? "");
  return known ?? { text: cause instanceof Error ? cause.message : String(cause) };
}

/** The code of a system error: ENOSPC. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

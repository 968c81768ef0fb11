/**
 * What kind of failure it was. Stable: front ends map codes to errno, nfsstat3 or HTTP status, and scripts may
 * match them.
 */
export type ErrorCode =
  /** The command line, a setting or a file that a person wrote is wrong. */
  | "USAGE"
  /** A module path, version, go.mod, go.sum or zip breaks Go's rules. */
  | "INVALID"
  /** Every source says that it does not exist (404 and 410 of the GOPROXY protocol). */
  | "NOT_FOUND"
  /** A source could not be reached or answered something else than the thing or "not found". */
  | "UPSTREAM"
  /** Time ran out. */
  | "TIMEOUT"
  /** Bytes differ from what go.sum or the checksum database says, or the database contradicts itself. */
  | "SECURITY"
  /** Nothing says what the bytes should be, so they cannot be verified. */
  | "UNVERIFIED"
  /** Settings forbid it: GOPROXY=off, a policy. */
  | "FORBIDDEN"
  /** Larger than the bound. */
  | "TOO_LARGE"
  /** The store is damaged, full or not ours to write. */
  | "STORE"
  /** Something else holds what is needed: a mount point, a lock. */
  | "BUSY"
  /** This build of gomodfs, or this machine, cannot do it. */
  | "UNSUPPORTED"
  /** The asker went away. */
  | "CANCELLED"
  /** The peer of a codec sent what its protocol does not allow. */
  | "PROTOCOL";

/** What an error may carry besides its message. */
export interface ErrorDetails {
  /** What the reader of the message can do about it: a sentence without a period. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** With `NOT_FOUND`: the source says that it is gone for good (410 of the GOPROXY protocol). */
  readonly isGone?: boolean;
}

/**
 * The one error class of gomodfs. The message names the thing and the cause; `hint` says what to do. Neither ever
 * holds credentials.
 */
export class GomodfsError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  /** Whether the source says that it is gone for good. */
  readonly isGone: boolean;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "GomodfsError";
    this.code = code;
    this.hint = details.hint;
    this.isGone = details.isGone ?? false;
  }
}

/** Whether `error` is a {@linkcode GomodfsError}, of this code if one is given. */
export function isGomodfsError(error: unknown, code?: ErrorCode): error is GomodfsError {
  return error instanceof GomodfsError && (code === undefined || error.code === code);
}

import { isGomodfsError } from "./gomodfs_error.ts";

/** How often and after which waits a request is made again. */
export interface RetryPolicy {
  /** Requests in all, the first included. */
  readonly attempts: number;
  /** Milliseconds: the longest wait before the second attempt; it doubles with each further one. */
  readonly baseDelay: number;
  /** Milliseconds that no wait exceeds. */
  readonly maxDelay: number;
  /** Milliseconds: a server that asks to wait longer (Retry-After) is not asked again. */
  readonly maxRetryAfter: number;
}

/** For registries: three more attempts within some seconds. */
export const defaultRetryPolicy: RetryPolicy = {
  attempts: 4,
  baseDelay: 400,
  maxDelay: 5_000,
  maxRetryAfter: 30_000,
};

/** Answers that say "not now": RFC 9110 section 15.5.9 and 15.6, RFC 6585 section 4. */
const transientStatus = new Set([408, 429, 500, 502, 503, 504]);

/** Failures of a connection that may well not repeat. A name that does not exist (ENOTFOUND) will not soon. */
const transientCodes = new Set([
  "ECONNRESET",
  "ECONNREFUSED",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENETDOWN",
  "EAI_AGAIN",
  "HPE_INVALID_EOF_STATE",
]);

/** Whether an answer of this status is worth another request. */
export function isTransientStatus(status: number): boolean {
  return transientStatus.has(status);
}

/** Whether a failed request is worth another one: time-outs of a connection, and connections that broke. */
export function isTransientError(error: unknown): boolean {
  if (!isGomodfsError(error)) return false;
  if (error.code === "TIMEOUT") return true;
  return error.code === "UPSTREAM" && transientCodes.has(systemErrorCode(error.cause) ?? "");
}

/** The `code` of an error of Node's: `ECONNRESET`, `CERT_HAS_EXPIRED`. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/**
 * Milliseconds to wait before attempt `attempt` (the second is 1), at random up to the doubling bound ("full jitter"),
 * so that many clients do not come back at once. What the server asks for in `retryAfter` comes first; undefined says
 * that it asks for too long.
 *
 * @param random gives numbers from 0 to 1
 */
export function retryDelay(
  policy: RetryPolicy,
  attempt: number,
  retryAfter: number | undefined,
  random: () => number,
): number | undefined {
  if (retryAfter !== undefined && retryAfter > policy.maxRetryAfter) return undefined;
  const bound = Math.min(policy.maxDelay, policy.baseDelay * 2 ** (attempt - 1));
  return Math.max(retryAfter ?? 0, random() * bound);
}

/** Milliseconds that a Retry-After header asks to wait: seconds or a date (RFC 9110 section 10.2.3). */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

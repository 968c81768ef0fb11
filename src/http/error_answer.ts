import { type ErrorCode, type GomodfsError, isGomodfsError } from "../lib/gomodfs_error.ts";
import { type Refusal, refusal } from "./refusal.ts";

/**
 * Only 404 and 410 lead a go command on to the next entry of a GOPROXY list with commas (cmd/go/internal/web/api.go,
 * HTTPError.Is). So they say what they mean and nothing else: a module that is not what its checksum says, or that somebody
 * forbids, must not be got elsewhere instead.
 */
const STATUS: Readonly<Record<ErrorCode, number>> = {
  NOT_FOUND: 404,
  INVALID: 400,
  FORBIDDEN: 403,
  SECURITY: 403,
  UNVERIFIED: 403,
  // The larger thing is upstream's, not the request: 413 would say that.
  TOO_LARGE: 502,
  UPSTREAM: 502,
  PROTOCOL: 502,
  TIMEOUT: 504,
  BUSY: 503,
  UNSUPPORTED: 501,
  STORE: 500,
  USAGE: 500,
  // nginx's status for a client that is gone: nobody reads it but the log.
  CANCELLED: 499,
};

/** What a client is told of an error that ended its request. */
export function errorAnswer(error: unknown, requestId: string): Refusal {
  const status = errorStatus(error);
  // Paths of this machine and the words of a defect are for the log.
  if (!isGomodfsError(error) || status === 500) {
    return refusal(500, `internal error: the server's log tells more of request ${requestId}`);
  }
  return refusal(status, errorText(error), status === 503 ? { "Retry-After": "1" } : {});
}

function errorStatus(error: unknown): number {
  if (!isGomodfsError(error)) return 500;
  return error.isGone ? 410 : STATUS[error.code];
}

/** "not found: " is how module proxies begin, and what people look for in a go command's output. */
function errorText({ code, message, hint }: GomodfsError): string {
  const reason = code === "NOT_FOUND" ? `not found: ${message}` : message;
  return hint === undefined ? reason : `${reason}\n${hint}`;
}

import type { IncomingMessage } from "node:http";
import type { HttpLimits } from "./http_limits.ts";
import { type Refusal, refusal } from "./refusal.ts";

/** The connection ends after such an answer: what follows on it may be the body of what was refused. */
const CLOSE = { Connection: "close" };

/**
 * Why a request cannot be answered, whatever it asks for: it is too large, has a body where there is none, or reads in two
 * ways. What the parser of node:http refuses never gets here: two lengths, a length beside a transfer coding, lines without
 * CR, no Host.
 *
 * @param mayHaveBody whether what answers the request reads or refuses a body itself
 */
export function refuseRequest(
  request: IncomingMessage,
  limits: HttpLimits,
  mayHaveBody: (path: string) => boolean,
): Refusal | undefined {
  const { url = "", rawHeaders } = request;
  if (url.length > limits.targetLength) {
    return refusal(414, `the URL is longer than ${limits.targetLength} characters`, CLOSE);
  }
  if (rawHeaders.length > 2 * limits.headerFields) {
    return refusal(431, `there are more than ${limits.headerFields} header fields`, CLOSE);
  }
  // RFC 9112 section 3.2. node:http takes the first of several.
  if (hasSeveralHosts(rawHeaders)) return refusal(400, "there are several Host fields", CLOSE);
  return hasBody(request) && !mayHaveBody(targetPath(request.url ?? ""))
    ? refusal(413, "requests have no body here", CLOSE)
    : undefined;
}

function hasSeveralHosts(rawHeaders: readonly string[]): boolean {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === "host") hosts += 1;
  }
  return hosts > 1;
}

/** RFC 9112 section 6: one of the two fields announces a body; all servers understand "no body" by a length of 0. */
function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers["content-length"];
  return (
    headers["transfer-encoding"] !== undefined || (length !== undefined && !/^0+$/.test(length))
  );
}

/**
 * The path of a request's target without its query, still percent-encoded: of `/path?query`, or of a whole URL, which a
 * server must take too (RFC 9112 section 3.2.2). Empty for other targets.
 */
export function targetPath(target: string): string {
  const start = target.startsWith("/") ? 0 : startOfPath(target);
  if (start < 0) return "";
  const query = target.indexOf("?", start);
  return query < 0 ? target.slice(start) : target.slice(start, query);
}

function startOfPath(url: string): number {
  const authority = /^https?:\/\/[^/?#]*/i.exec(url);
  return authority === null ? -1 : authority[0].length;
}

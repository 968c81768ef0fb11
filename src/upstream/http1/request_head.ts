import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { isFieldContent, isToken } from "./field_syntax.ts";

/** Header fields of a request: names in lower case. */
export type RequestHeaders = Readonly<Record<string, string>>;

/** RFC 9112 section 3.2: no spaces, nothing but ASCII. */
const requestTarget = /^[\x21-\x7e]+$/;

/**
 * A request without a body (RFC 9112 section 3), to be sent as Latin-1.
 *
 * @param target the request target: `/path?query`, a URL (to a proxy) or `host:port` (of CONNECT)
 * @param host the Host field
 * @throws GomodfsError `USAGE` for what would break out of its line. The message does not show values: they may be
 *   credentials
 */
export function encodeRequestHead(
  method: "GET" | "CONNECT",
  target: string,
  host: string,
  headers: RequestHeaders,
): string {
  if (!requestTarget.test(target)) {
    throw new GomodfsError("USAGE", "a request target has characters that a URL cannot have");
  }
  let head = `${method} ${target} HTTP/1.1\r\n${field("host", host)}`;
  for (const name in headers) head += field(name, headers[name] ?? "");
  return `${head}\r\n`;
}

function field(name: string, value: string): string {
  if (!isToken(name) || !isFieldContent(value)) {
    throw new GomodfsError(
      "USAGE",
      `the request header ${JSON.stringify(name)} has characters that HTTP does not allow`,
      { hint: "look for line ends and characters outside Latin-1 in the credentials for the host" },
    );
  }
  return `${name}: ${value}\r\n`;
}

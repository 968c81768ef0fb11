import { headerValue, protocolError, type ResponseHead } from "./response_head.ts";

/** How the end of a body is found (RFC 9112 section 6.3). */
export type BodyFraming =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly length: number }
  | { readonly kind: "chunked" }
  /** It ends with the connection. */
  | { readonly kind: "close" };

const none: BodyFraming = { kind: "none" };
const chunked: BodyFraming = { kind: "chunked" };
const close: BodyFraming = { kind: "close" };

/** What was asked with: it decides whether an answer can have a body. */
export type RequestMethod = "GET" | "HEAD" | "CONNECT";

/**
 * How the body of an answer is framed. Stricter than RFC 9112 where it leaves a choice: both a Transfer-Encoding and a
 * Content-Length, or two lengths that differ, are an attempt to make two readers disagree.
 *
 * @throws GomodfsError `PROTOCOL`
 */
export function bodyFraming(head: ResponseHead, method: RequestMethod): BodyFraming {
  if (hasNoBody(head.status, method)) return none;
  const coding = headerValue(head, "transfer-encoding");
  const length = headerValue(head, "content-length");
  if (coding !== undefined) {
    if (length !== undefined) {
      throw protocolError("both a Transfer-Encoding and a Content-Length");
    }
    if (head.httpVersion === "1.0") throw protocolError("a Transfer-Encoding in HTTP/1.0");
    if (coding.toLowerCase() !== "chunked") throw protocolError("an unknown Transfer-Encoding");
    return chunked;
  }
  if (length === undefined) return close;
  return { kind: "length", length: parseContentLength(length) };
}

/** Whether another request may follow on the connection (RFC 9112 section 9.3). */
export function keepsConnection(head: ResponseHead, framing: BodyFraming): boolean {
  if (head.httpVersion === "1.0" || framing.kind === "close") return false;
  const options = headerValue(head, "connection")?.toLowerCase().split(",");
  return options === undefined || !options.some((option) => option.trim() === "close");
}

function hasNoBody(status: number, method: RequestMethod): boolean {
  if (status === 204 || status === 304 || method === "HEAD") return true;
  return method === "CONNECT" && status >= 200 && status < 300;
}

/** Repeated and equal values are one (RFC 9110 section 8.6). */
function parseContentLength(value: string): number {
  const [first = "", ...others] = value.split(",").map((part) => part.trim());
  if (others.some((other) => other !== first)) {
    throw protocolError("lengths of the body that contradict each other");
  }
  const length = Number(first);
  if (!/^\d+$/.test(first) || !Number.isSafeInteger(length)) {
    throw protocolError("a Content-Length that is no length");
  }
  return length;
}

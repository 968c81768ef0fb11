import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { isFieldContent, isToken } from "./field_syntax.ts";

/** What comes before the body of an answer (RFC 9112 section 2.1). */
export interface ResponseHead {
  readonly httpVersion: "1.0" | "1.1";
  /** 100 to 599 */
  readonly status: number;
  /** `Not Found`; may be empty. */
  readonly statusText: string;
  /** Names and values in turn, as the server spells them; bytes above 0x7f as Latin-1 characters. */
  readonly rawHeaders: readonly string[];
}

/** Bytes of a status line and its header fields, as much as Go and others allow or more. */
export const maxHeadBytes = 64 << 10;
const maxFields = 200;

/** RFC 9112 section 4. The space after the status is demanded there, and left out by many with an empty reason. */
const statusLine = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/;

/**
 * Parses a status line and header fields, without the empty line that ends them.
 *
 * @param block Latin-1, lines separated by CR LF
 * @throws GomodfsError `PROTOCOL` for what RFC 9112 does not allow, folded lines (section 5.2) included
 */
export function parseResponseHead(block: string): ResponseHead {
  const [first = "", ...lines] = block.split("\r\n", maxFields + 2);
  if (lines.length > maxFields) throw protocolError(`more than ${maxFields} header fields`);
  const [, minor, status, statusText = ""] = statusLine.exec(first) ?? [];
  if (status === undefined) throw protocolError("no status line of HTTP/1.1");
  const rawHeaders: string[] = [];
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon);
    if (colon < 0 || !isToken(name)) throw protocolError("a malformed header field");
    const value = line.slice(colon + 1);
    if (!isFieldContent(value)) {
      throw protocolError(`a control character in the header field ${name}`);
    }
    rawHeaders.push(name, trimWhitespace(value));
  }
  const httpVersion = minor === "0" ? "1.0" : "1.1";
  return { httpVersion, status: Number(status), statusText, rawHeaders };
}

/** The value of a header field, several joined by commas (RFC 9110 section 5.3); undefined if there is none. */
export function headerValue(head: ResponseHead, lowerCaseName: string): string | undefined {
  const { rawHeaders } = head;
  let joined: string | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    // The length first: most names differ in it already, and no lower-case string is made.
    if (name.length !== lowerCaseName.length || name.toLowerCase() !== lowerCaseName) continue;
    const value = rawHeaders[index + 1] ?? "";
    joined = joined === undefined ? value : `${joined}, ${value}`;
  }
  return joined;
}

/** The error for an answer that breaks the protocol. */
export function protocolError(found: string): GomodfsError {
  return new GomodfsError("PROTOCOL", `the answer is not valid HTTP: ${found}`);
}

/** Spaces and tabs only: `trim` takes other characters of Latin-1 too. */
function trimWhitespace(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isWhitespace(value.charCodeAt(start))) start += 1;
  while (end > start && isWhitespace(value.charCodeAt(end - 1))) end -= 1;
  return value.slice(start, end);
}

function isWhitespace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

import { GomodfsError } from "../lib/gomodfs_error.ts";
import { type CredentialHeaders, prefixOf } from "./credential_table.ts";

/** Prefixes of URLs, as CredentialTable has them, to the headers for them. */
export type CredentialSets = ReadonlyMap<string, CredentialHeaders>;

/** Field names: RFC 9110 section 5.6.2, "token". */
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Field values: no control characters but the tab (RFC 9110 section 5.5), and what a header can carry as one byte. */
const headerValue = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;
/** Those that are the client's to set; Go leaves them out too (net/http `reqWriteExcludeHeader`). */
const clientHeaders = new Set(["host", "content-length", "transfer-encoding", "trailer"]);

/**
 * Reads what a GOAUTH program prints (`go help goauth`): sets of lines with URLs, an empty line, lines with headers,
 * an empty line. Of a URL that is in several sets the last counts.
 *
 * @throws GomodfsError `INVALID` for anything else; the message repeats nothing of the text
 */
export function parseCredentialSets(text: string): CredentialSets {
  const sets = new Map<string, CredentialHeaders>();
  const lines = new Lines(text);
  while (!lines.atEnd) {
    const prefixes = lines.block("URLs").map(parsePrefix);
    const headers = parseHeaders(lines.block("headers"));
    for (const prefix of prefixes) if (prefix !== undefined) sets.set(prefix, headers);
  }
  return sets;
}

/** A text that is read in blocks of lines, each ended by an empty one. */
class Lines {
  #rest: string;

  constructor(text: string) {
    this.#rest = text;
  }

  get atEnd(): boolean {
    return this.#rest === "";
  }

  block(what: string): string[] {
    const lines: string[] = [];
    for (;;) {
      const end = this.#rest.indexOf("\n");
      if (end < 0) throw invalid(`an empty line is missing after the ${what}`);
      const line = this.#rest.slice(0, end);
      this.#rest = this.#rest.slice(end + 1);
      if (line === "") return lines;
      lines.push(line);
    }
  }
}

/** Undefined for a URL that no credentials are sent to. */
function parsePrefix(line: string): string | undefined {
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^\s/]\S*$/.test(line) || !URL.canParse(line)) {
    throw invalid("a line where a URL should be is none");
  }
  const url = new URL(line);
  return url.protocol === "https:" ? prefixOf(url) : undefined;
}

function parseHeaders(lines: readonly string[]): CredentialHeaders {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(": ");
    const name = line.slice(0, Math.max(0, colon)).toLowerCase();
    const value = line.slice(colon + 2).trim();
    if (colon < 0 || !headerName.test(name) || !headerValue.test(value)) {
      throw invalid("a line where a header should be is none");
    }
    if (clientHeaders.has(name)) continue;
    // RFC 9110 section 5.3: what stands in several lines may stand in one.
    const before = Object.hasOwn(headers, name) ? `${headers[name]}, ` : "";
    headers[name] = before + value;
  }
  return headers;
}

function invalid(reason: string): GomodfsError {
  return new GomodfsError("INVALID", `its output is not as go help goauth says: ${reason}`);
}

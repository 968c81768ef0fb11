import { type ByteRange, parseRange } from "./byte_range.ts";
import { matchesIfRange, matchesNone } from "./conditional_request.ts";
import type { HttpExchange } from "./http_exchange.ts";
import type { HeaderFields } from "./representation.ts";

/** What a GET or HEAD of some content is answered with before its bytes. */
export interface ContentHead {
  /** Bytes of the whole content. */
  readonly size: number;
  readonly contentType: string;
  /** A strong entity tag, with its quotes. */
  readonly etag: string;
  readonly cacheControl: string;
  /** Fields besides. */
  readonly further?: HeaderFields;
}

/**
 * Writes the head of the answer to a GET or HEAD: 200, 206, 304 or 416 (RFC 9110 sections 13 and 14).
 *
 * @returns the bytes that are still to be sent; undefined if the answer is complete
 */
export function writeContentHead(
  { request, response }: HttpExchange,
  content: ContentHead,
): ByteRange | undefined {
  const { size, contentType, etag, cacheControl, further = [] } = content;
  const fields = ["ETag", etag, "Cache-Control", cacheControl, "Accept-Ranges", "bytes"];
  fields.push(...further);
  const condition = request.headers["if-none-match"];
  if (condition !== undefined && !matchesNone(condition, etag)) {
    response.writeHead(304, fields).end();
    return undefined;
  }
  const asked = requestedRange(request, etag, size);
  if (asked.kind === "unsatisfiable") {
    const text = `the range begins behind the end of the content, which has ${size} bytes\n`;
    const type = ["Content-Type", "text/plain; charset=UTF-8"];
    const length = ["Content-Length", String(text.length), "Content-Range", `bytes */${size}`];
    response.writeHead(416, [...type, ...length, ...fields]).end(text);
    return undefined;
  }
  const range = asked.kind === "part" ? asked.range : { start: 0, end: size };
  fields.unshift("Content-Type", contentType, "Content-Length", String(range.end - range.start));
  if (asked.kind === "part") {
    fields.push("Content-Range", `bytes ${range.start}-${range.end - 1}/${size}`);
  }
  response.writeHead(asked.kind === "part" ? 206 : 200, fields);
  if (request.method !== "HEAD") return range;
  response.end();
  return undefined;
}

function requestedRange(
  { method, headers }: HttpExchange["request"],
  etag: string,
  size: number,
): ReturnType<typeof parseRange> {
  const { range, "if-range": ifRange } = headers;
  const isSame = matchesIfRange(typeof ifRange === "object" ? "" : ifRange, etag);
  // RFC 9110 section 14.2: only GET knows ranges.
  return parseRange(method === "GET" && isSame ? range : undefined, size);
}

import { hash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { acceptsGzip } from "./accepted_encoding.ts";
import { matchesNone } from "./conditional_request.ts";
import type { HttpExchange } from "./http_exchange.ts";

/** Fields of a header: names and values in turn, as ServerResponse.writeHead takes them. */
export type HeaderFields = readonly string[];

/** What a small answer says of its content. */
export interface ContentFields {
  readonly contentType: string;
  readonly cacheControl: string;
}

/** One encoding of a content, with the fields that go with it. */
interface Variant {
  readonly etag: string;
  readonly body: Uint8Array;
  readonly head: HeaderFields;
  readonly notModifiedHead: HeaderFields;
}

/** What fits into one TCP segment arrives no sooner for being smaller. */
const SMALLEST_COMPRESSED = 1_400;
/** Compressing takes some 25 ms a megabyte, in which nothing else is answered. */
const LARGEST_COMPRESSED = 256 * 1024;
/** What compresses less is not worth the client's time. */
const WORTHWHILE_RATIO = 0.9;
/** Fields and objects, besides the bodies. */
const OVERHEAD = 1_024;

/**
 * A small content that is ready to be sent: whatever can be known before a request is worked out once. It is compressed
 * when that is first asked for.
 */
export class Representation {
  readonly #content: Uint8Array;
  readonly #fields: ContentFields;
  readonly #isCompressible: boolean;
  readonly #identity: Variant;
  #gzip: Variant | undefined;

  constructor(content: Uint8Array, fields: ContentFields) {
    this.#content = content;
    this.#fields = fields;
    this.#isCompressible =
      content.length >= SMALLEST_COMPRESSED && content.length <= LARGEST_COMPRESSED;
    this.#identity = this.#variant(content, "");
  }

  /** Bytes of memory that it may take up. */
  get size(): number {
    return (this.#isCompressible ? 2 : 1) * this.#content.length + OVERHEAD;
  }

  /** Answers a GET or HEAD. */
  send({ request, response }: HttpExchange, further: HeaderFields = []): void {
    const { headers, method } = request;
    const variant = acceptsGzip(headers["accept-encoding"]) ? this.#smallest() : this.#identity;
    const condition = headers["if-none-match"];
    if (condition !== undefined && !matchesNone(condition, variant.etag)) {
      response.writeHead(304, [...variant.notModifiedHead, ...further]).end();
      return;
    }
    response.writeHead(200, [...variant.head, ...further]);
    // node:http leaves the body of an answer to HEAD out, but reads it.
    if (method === "HEAD") response.end();
    else response.end(variant.body);
  }

  #smallest(): Variant {
    if (!this.#isCompressible) return this.#identity;
    this.#gzip ??= this.#compress();
    return this.#gzip;
  }

  #compress(): Variant {
    const compressed = gzipSync(this.#content);
    if (compressed.length > this.#content.length * WORTHWHILE_RATIO) return this.#identity;
    return this.#variant(compressed, "gzip");
  }

  #variant(body: Uint8Array, encoding: "" | "gzip"): Variant {
    const { contentType, cacheControl } = this.#fields;
    // Encodings differ in their bytes, so their tags do (RFC 9110 section 8.8.3.3).
    const digest = hash("sha256", this.#content, "base64url").slice(0, 27);
    const etag = encoding === "" ? `"${digest}"` : `"${digest}-${encoding}"`;
    const notModifiedHead = ["ETag", etag, "Cache-Control", cacheControl];
    if (this.#isCompressible) notModifiedHead.push("Vary", "Accept-Encoding");
    const head = ["Content-Type", contentType, "Content-Length", String(body.length)];
    if (encoding !== "") head.push("Content-Encoding", encoding);
    head.push("X-Content-Type-Options", "nosniff", ...notModifiedHead);
    return { etag, body, head, notModifiedHead };
  }
}

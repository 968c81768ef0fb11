import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { unlessAborted } from "./abortable.ts";
import { isNotModified } from "./conditional_request.ts";
import { endToEndFields, type RawFields, viaField, withoutFields } from "./forwarded_fields.ts";
import { currentAge } from "./freshness.ts";
import { fieldsOf, methodOf, type ProxyExchange } from "./proxy_exchange.ts";
import type { StoredAnswer } from "./response_record.ts";

/** What the cache did, as Cache-Status has it (RFC 9211 section 2). */
export type CacheUse =
  | "hit"
  | "hit; detail=stale"
  | "fwd=stale; fwd-status=304"
  | "fwd=miss; stored"
  | "fwd=miss; collapsed"
  | "fwd=miss"
  | "fwd=bypass";

/** Which fields of a 304 the answer had (RFC 9110 section 15.4.5); the others describe content. */
const REPRESENTATION_FIELDS: ReadonlySet<string> = new Set([
  "content-length",
  "content-type",
  "content-encoding",
  "content-language",
  "accept-ranges",
]);

const OWN_FIELDS: ReadonlySet<string> = new Set(["age"]);

/** Writes answers to clients, with what a cache adds to them (RFC 9111 section 5.1, RFC 9110 section 7.6.3, RFC 9211). */
export class AnswerWriter {
  readonly #id: string;

  /** @param id for Via */
  constructor(id: string) {
    this.#id = id;
  }

  /** Writes an answer of the cache. `content` is read only if it is wanted. */
  async writeStored(
    exchange: ProxyExchange,
    stored: StoredAnswer,
    use: CacheUse,
    content: () => AsyncIterable<Buffer>,
  ): Promise<void> {
    const { response } = exchange;
    const age = ["Age", String(currentAge(stored, Date.now()))];
    const fields = [...withoutFields(stored.fields, OWN_FIELDS), ...age, ...this.#added(use)];
    if (isNotModified(fieldsOf(exchange), stored.fields)) {
      response.writeHead(304, withoutFields(fields, REPRESENTATION_FIELDS)).end();
      return;
    }
    const head = [
      ...withoutFields(fields, new Set(["content-length"])),
      "Content-Length",
      String(stored.body.size),
    ];
    if (methodOf(exchange) === "HEAD") response.writeHead(200, head).end();
    else await this.#stream(exchange, 200, "OK", head, content());
  }

  /** Writes an answer as it comes. */
  async writeThrough(
    exchange: ProxyExchange,
    { status, statusText, fields }: PassedHead,
    use: CacheUse,
    content: AsyncIterable<Buffer> | Readable,
  ): Promise<void> {
    const head = [...endToEndFields(fields), ...this.#added(use)];
    await this.#stream(exchange, status, statusText, head, content);
  }

  #added(use: CacheUse): string[] {
    return [...viaField(this.#id), "Cache-Status", `gomodfs; ${use}`];
  }

  /** Content that breaks off ends the connection: its reader must not take it for whole. */
  async #stream(
    { response, signal }: ProxyExchange,
    status: number,
    statusText: string,
    head: string[],
    content: AsyncIterable<Buffer> | Readable,
  ): Promise<void> {
    const iterator = content[Symbol.asyncIterator]();
    try {
      // Before anything is written, what is wrong with the content can still be told.
      const first: IteratorResult<unknown> = await unlessAborted(iterator.next(), signal);
      response.writeHead(status, statusText, head);
      await pipeline(rest(first, iterator), response, { signal });
    } finally {
      // However it ends. Not waited for: it comes after a read that may be under way, which the signal ends too.
      iterator.return?.().catch(() => {});
    }
  }
}

/** The head of an answer that is passed on. */
export interface PassedHead {
  readonly status: number;
  readonly statusText: string;
  readonly fields: RawFields;
}

async function* rest(
  first: IteratorResult<unknown>,
  iterator: AsyncIterator<unknown>,
): AsyncGenerator<unknown> {
  for (let next = first; next.done !== true; next = await iterator.next()) yield next.value;
}

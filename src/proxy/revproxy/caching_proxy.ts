import type { IncomingMessage } from "node:http";
import { LRUCache } from "lru-cache";
import { refusal } from "../../http/refusal.ts";
import { isGomodfsError } from "../../lib/gomodfs_error.ts";
import type { Logger } from "../../lib/logger.ts";
import { redactUrl } from "../../lib/redact_url.ts";
import { unlessAborted } from "./abortable.ts";
import { AnswerWriter, type CacheUse } from "./answer_writer.ts";
import { boundedContent } from "./bounded_content.ts";
import { CONDITIONAL_FIELDS, hasConditions } from "./conditional_request.ts";
import { endToEndFields, isLoop, viaField, withoutFields } from "./forwarded_fields.ts";
import { isCacheableRequest, isOnlyIfCached, type Reuse, reuseOf } from "./freshness.ts";
import { fieldsOf, hasContent, methodOf, type ProxyExchange } from "./proxy_exchange.ts";
import type { ResponseCache } from "./response_cache.ts";
import { ResponseFetcher } from "./response_fetcher.ts";
import { type Landing, ResponseFlight } from "./response_flight.ts";
import { type StoredAnswer, variantKey } from "./response_record.ts";
import { provenContent } from "./stored_content.ts";
import type { UpstreamRequests } from "./upstream_requests.ts";
import { writeRefusal } from "./write_refusal.ts";

/** What a {@linkcode CachingProxy} is made of. */
export interface CachingProxyOptions {
  readonly cache: ResponseCache;
  readonly upstream: UpstreamRequests;
  readonly log: Logger;
  /** Tells this proxy from others in Via. */
  readonly id: string;
  /** Content of an answer that is stored. */
  readonly maxStoredBytes: number;
  /** Content of a request that is passed on. */
  readonly maxRequestBytes: number;
}

/** What happened since the proxy was made. */
export interface CachingProxyStatistics {
  /** Answered from the cache, without asking or after asking whether it still holds. */
  readonly hits: number;
  /** Answered with what was fetched, or is being fetched for somebody else. */
  readonly misses: number;
  /** Passed on without the cache. */
  readonly passed: number;
  /** Damaged content found. */
  readonly damaged: number;
}

/** How often a stored answer is looked for again after it was found damaged, or after somebody else had it validated. */
const MAX_LOOKS = 3;
/** URLs whose content turned out not to be storable while it came; remembered for an hour. */
const MAX_UNSTORABLE = 1_000;
const UNSTORABLE_TIME = 60 * 60_000;

/** Answers requests for listed hosts: from the cache where RFC 9111 allows it, otherwise by asking the host. */
export class CachingProxy {
  readonly #options: CachingProxyOptions;
  readonly #writer: AnswerWriter;
  readonly #fetcher: ResponseFetcher;
  readonly #flights = new Map<string, ResponseFlight>();
  readonly #unstorable = new LRUCache<string, true>({ max: MAX_UNSTORABLE, ttl: UNSTORABLE_TIME });
  #hits = 0;
  #misses = 0;
  #passed = 0;
  #damaged = 0;

  constructor(options: CachingProxyOptions) {
    this.#options = options;
    this.#writer = new AnswerWriter(options.id);
    this.#fetcher = new ResponseFetcher({
      ...options,
      onUnstorable: (url) => this.#unstorable.set(url.href, true),
    });
  }

  statistics(): CachingProxyStatistics {
    return {
      hits: this.#hits,
      misses: this.#misses,
      passed: this.#passed,
      damaged: this.#damaged,
    };
  }

  /** Waits for what is being stored. */
  async close(): Promise<void> {
    await this.#fetcher.close();
  }

  /**
   * Answers.
   *
   * @throws GomodfsError `UPSTREAM`, `TIMEOUT`, `FORBIDDEN`, `CANCELLED`; if something was written already, the rest is
   *   missing then
   */
  async answer(exchange: ProxyExchange): Promise<void> {
    const fields = fieldsOf(exchange);
    const method = methodOf(exchange);
    if (isLoop(fields, this.#options.id)) {
      writeRefusal(exchange.response, refusal(508, "the request came through this proxy before"));
    } else if (method === "TRACE") {
      // It would show what the proxies on the way have added.
      writeRefusal(exchange.response, refusal(405, "TRACE is not passed on"));
    } else if (isCacheableRequest({ method, fields }) && !hasContent(exchange)) {
      await this.#answerFromCache(exchange);
    } else {
      await this.#pass(exchange, "fwd=bypass");
    }
  }

  async #answerFromCache(exchange: ProxyExchange): Promise<void> {
    for (let look = 0; look < MAX_LOOKS; look += 1) {
      const stored = await this.#options.cache.lookup(exchange.url, fieldsOf(exchange));
      const reuse = stored && this.#reuse(exchange, stored);
      const isAnswered =
        stored !== undefined && reuse?.kind === "fresh"
          ? await this.#writeStored(exchange, stored, "hit")
          : await this.#answerByAsking(exchange, stored, reuse);
      if (isAnswered) return;
    }
    await this.#pass(exchange, "fwd=miss");
  }

  #reuse(exchange: ProxyExchange, stored: StoredAnswer): Reuse {
    const request = { method: methodOf(exchange), fields: fieldsOf(exchange) };
    return reuseOf(stored, request, exchange.host.isImmutable, Date.now());
  }

  /** @returns false if the cache should be looked at again */
  async #answerByAsking(
    exchange: ProxyExchange,
    stored: StoredAnswer | undefined,
    reuse: Reuse | undefined,
  ): Promise<boolean> {
    const fields = fieldsOf(exchange);
    if (isOnlyIfCached({ method: methodOf(exchange), fields })) {
      writeRefusal(exchange.response, refusal(504, "the cache has no answer that may be used"));
      return true;
    }
    try {
      const isWanted =
        methodOf(exchange) === "GET" && !(stored === undefined && hasConditions(fields));
      if (isWanted && !this.#unstorable.has(exchange.url.href)) {
        return await this.#fly(exchange, stored);
      }
      await this.#pass(exchange, "fwd=miss");
      return true;
    } catch (error) {
      const isUsable = reuse?.kind === "validate" && reuse.staleIfUnreachable;
      if (stored === undefined || !isUsable || !isUnreachable(exchange, error)) throw error;
      return await this.#writeStored(exchange, stored, "hit; detail=stale");
    }
  }

  async #fly(exchange: ProxyExchange, stored: StoredAnswer | undefined): Promise<boolean> {
    const { href } = exchange.url;
    const known = this.#flights.get(href);
    const current = known?.isAbandoned === false ? known : undefined;
    const flight = current ?? this.#launch(exchange, stored);
    using _seat = flight.board();
    const landing = await unlessAborted(flight.landing, exchange.signal);
    return await this.#disembark(exchange, landing, current === undefined);
  }

  #launch(exchange: ProxyExchange, stored: StoredAnswer | undefined): ResponseFlight {
    const { url, host } = exchange;
    const asked = {
      url,
      isImmutable: host.isImmutable,
      fields: withoutFields(this.#upstreamFields(exchange), CONDITIONAL_FIELDS),
      variantFields: fieldsOf(exchange),
      stored,
    };
    const flight = new ResponseFlight(
      async (self, signal) => await this.#fetcher.fetch(asked, self, signal),
    );
    this.#flights.set(url.href, flight);
    void flight.landing
      .then((landing) => (landing.kind === "filling" ? landing.fill.ended : undefined))
      .catch(() => {})
      .finally(() => {
        if (this.#flights.get(url.href) === flight) this.#flights.delete(url.href);
      });
    return flight;
  }

  async #disembark(exchange: ProxyExchange, landing: Landing, isFirst: boolean): Promise<boolean> {
    switch (landing.kind) {
      case "filling": {
        const { answer, variant, fill } = landing;
        const isSame = isFirst || variantKey(answer.fields, fieldsOf(exchange)) === variant;
        const request = { method: methodOf(exchange), fields: fieldsOf(exchange) };
        const reuse = reuseOf(answer, request, exchange.host.isImmutable, Date.now());
        if (!isFirst && (!isSame || reuse.kind !== "fresh")) break;
        this.#misses += 1;
        const use = isFirst ? "fwd=miss; stored" : "fwd=miss; collapsed";
        const head = { status: answer.status, statusText: "OK", fields: answer.fields };
        await this.#writer.writeThrough(exchange, head, use, fill.read(exchange.signal));
        return true;
      }
      case "validated":
        if (!isFirst) return false;
        return await this.#writeStored(exchange, landing.stored, "fwd=stale; fwd-status=304");
      case "unshared":
        if (!isFirst) break;
        this.#passed += 1;
        await this.#writePassed(exchange, landing.response, "fwd=miss");
        return true;
    }
    await this.#pass(exchange, "fwd=miss");
    return true;
  }

  async #pass(exchange: ProxyExchange, use: CacheUse): Promise<void> {
    const { url, signal, request } = exchange;
    this.#passed += 1;
    const content = hasContent(exchange)
      ? { body: boundedContent(request, this.#options.maxRequestBytes) }
      : {};
    const response = await this.#options.upstream.send({
      method: methodOf(exchange),
      url,
      fields: this.#upstreamFields(exchange),
      signal,
      ...content,
    });
    await this.#writePassed(exchange, response, use);
  }

  async #writePassed(
    exchange: ProxyExchange,
    response: IncomingMessage,
    use: CacheUse,
  ): Promise<void> {
    const {
      statusCode: status = 502,
      statusMessage: statusText = "",
      rawHeaders: fields,
    } = response;
    await this.#writer.writeThrough(exchange, { status, statusText, fields }, use, response);
  }

  /** @returns false if the stored answer turned out to be damaged before anything was written */
  async #writeStored(
    exchange: ProxyExchange,
    stored: StoredAnswer,
    use: CacheUse,
  ): Promise<boolean> {
    const { cache, log } = this.#options;
    const content = (): AsyncIterable<Buffer> =>
      provenContent(cache.bodyFile(stored.body), stored.body);
    try {
      await this.#writer.writeStored(exchange, stored, use, content);
      this.#hits += 1;
      return true;
    } catch (error) {
      if (!isGomodfsError(error, "STORE")) throw error;
      this.#damaged += 1;
      cache.remove(exchange.url);
      log.warn("an answer in the reverse proxy's cache is damaged: it is fetched again", {
        url: redactUrl(exchange.url),
        error,
      });
      if (exchange.response.headersSent) throw error;
      return false;
    }
  }

  #upstreamFields(exchange: ProxyExchange): string[] {
    const { url, request } = exchange;
    const kept = withoutFields(endToEndFields(fieldsOf(exchange)), REPLACED_FIELDS);
    // Explicit, since node:http frames the content of some methods only by itself.
    const isChunked = request.headers["transfer-encoding"] !== undefined;
    const coding = isChunked ? ["Transfer-Encoding", "chunked"] : [];
    return ["Host", url.host, ...kept, ...viaField(this.#options.id), ...coding];
  }
}

/** Answered by our own server (Expect), or said again. */
const REPLACED_FIELDS: ReadonlySet<string> = new Set(["host", "expect"]);

function isUnreachable({ response, signal }: ProxyExchange, error: unknown): boolean {
  if (response.headersSent || signal.aborted) return false;
  return isGomodfsError(error, "UPSTREAM") || isGomodfsError(error, "TIMEOUT");
}

import type { IncomingMessage } from "node:http";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import type { Logger } from "../../lib/logger.ts";
import { redactUrl } from "../../lib/redact_url.ts";
import { BodyFill } from "./body_fill.ts";
import { endToEndFields, type RawFields, withoutFields } from "./forwarded_fields.ts";
import { type DatedAnswer, isStorable, validatorFields } from "./freshness.ts";
import type { NewBody, ResponseCache } from "./response_cache.ts";
import type { Landing, ResponseFlight } from "./response_flight.ts";
import { type StoredAnswer, variantKey } from "./response_record.ts";
import type { UpstreamRequests } from "./upstream_requests.ts";

/** What a {@linkcode ResponseFetcher} is made of. */
export interface ResponseFetcherOptions {
  readonly cache: ResponseCache;
  readonly upstream: UpstreamRequests;
  readonly log: Logger;
  readonly maxStoredBytes: number;
  /** Told of a URL whose content cannot be stored, which showed only while it came. */
  readonly onUnstorable: (url: URL) => void;
}

/** What to fetch for the cache. */
export interface FetchForCache {
  readonly url: URL;
  readonly isImmutable: boolean;
  /** To be sent, without conditions. */
  readonly fields: RawFields;
  /** What the client sent: answers may Vary on it. */
  readonly variantFields: RawFields;
  /** What is asked about whether it still holds. */
  readonly stored: StoredAnswer | undefined;
}

/** RFC 9111 section 3.2: what describes the stored content stays as it is stored. */
const CONTENT_FIELD = /^content-/i;

/** Asks hosts on behalf of the cache, and puts into it what they answer. */
export class ResponseFetcher {
  readonly #options: ResponseFetcherOptions;
  readonly #fills = new Set<Promise<void>>();

  constructor(options: ResponseFetcherOptions) {
    this.#options = options;
  }

  /** Waits for what is being stored. */
  async close(): Promise<void> {
    await Promise.all(this.#fills);
  }

  /** @throws as {@linkcode UpstreamRequests.send}; `UPSTREAM` for a 5xx answer to the question whether one still holds */
  async fetch(asked: FetchForCache, flight: ResponseFlight, signal: AbortSignal): Promise<Landing> {
    const { url, fields, stored } = asked;
    const requestTime = Date.now();
    const validators = stored === undefined ? [] : validatorFields(stored);
    const sent = { method: "GET", url, fields: [...fields, ...validators], signal };
    const response = await this.#options.upstream.send(sent);
    const answer = datedAnswer(response, requestTime);
    if (stored !== undefined && answer.status === 304 && validators.length > 0) {
      response.resume();
      return await this.#validated(asked, stored, answer);
    }
    // RFC 9111 section 4.3.3: as good as none, while there is an answer.
    if (stored !== undefined && answer.status >= 500) {
      response.destroy();
      throw new GomodfsError("UPSTREAM", `GET ${redactUrl(url)}: it answers ${answer.status}`);
    }
    return await this.#received(asked, answer, response, flight);
  }

  async #validated(
    { url, variantFields }: FetchForCache,
    stored: StoredAnswer,
    answer: DatedAnswer,
  ): Promise<Landing> {
    const updated = updatedAnswer(stored, answer);
    const result = { ...updated, variant: variantKey(updated.fields, variantFields) };
    await this.#options.cache.update(url, result);
    return { kind: "validated", stored: result };
  }

  async #received(
    asked: FetchForCache,
    answer: DatedAnswer,
    response: IncomingMessage,
    flight: ResponseFlight,
  ): Promise<Landing> {
    const body = this.#canStore(asked, answer, response) ? await this.#begin(asked.url) : undefined;
    if (body === undefined) {
      return { kind: "unshared", response };
    }
    const fill = new BodyFill(body.file);
    const variant = variantKey(answer.fields, asked.variantFields);
    const filled = this.#fill({ asked, answer, variant, response, body, fill, flight }).finally(
      () => this.#fills.delete(filled),
    );
    this.#fills.add(filled);
    return { kind: "filling", answer, variant, fill };
  }

  #canStore(
    { isImmutable }: FetchForCache,
    answer: DatedAnswer,
    response: IncomingMessage,
  ): boolean {
    const { "content-length": length, "transfer-encoding": coding } = response.headers;
    // Content that ends with its connection may have been cut off.
    const isFramed = length !== undefined || coding !== undefined;
    const isSmall = Number(length ?? 0) <= this.#options.maxStoredBytes;
    return isFramed && isSmall && isStorable(answer, isImmutable);
  }

  async #begin(url: URL): Promise<NewBody | undefined> {
    try {
      return await this.#options.cache.begin();
    } catch (error) {
      this.#notStored(url, error);
      return undefined;
    }
  }

  /** Never rejects: who reads of the fill is told by it. */
  async #fill({ asked, answer, variant, response, body, fill, flight }: Filling): Promise<void> {
    try {
      await this.#receive(response, body, fill);
      await this.#store(asked.url, { ...answer, variant }, body);
      fill.complete();
    } catch (error) {
      if (isOurFault(error)) {
        this.#options.onUnstorable(asked.url);
        this.#notStored(asked.url, error);
      }
      fill.fail(error);
      response.destroy();
      await this.#options.cache.discard(body).catch(() => {});
    }
    await flight.empty;
    await body.file.close();
  }

  async #receive(response: IncomingMessage, body: NewBody, fill: BodyFill): Promise<void> {
    for await (const bytes of response as AsyncIterable<Buffer>) {
      if (fill.size + bytes.length > this.#options.maxStoredBytes) {
        throw new GomodfsError(
          "TOO_LARGE",
          "the content is too large for the reverse proxy's cache",
        );
      }
      body.hash.update(bytes);
      await fill.write(bytes);
    }
    if (!response.complete) throw new GomodfsError("UPSTREAM", "the content was cut off");
  }

  /** The answer is whole: that it cannot be stored is nothing to its readers. */
  async #store(url: URL, answer: Omit<StoredAnswer, "body">, body: NewBody): Promise<void> {
    const fields = storedFields(answer.fields);
    try {
      await this.#options.cache.store(url, { ...answer, fields }, body);
    } catch (error) {
      this.#notStored(url, error);
      await this.#options.cache.discard(body).catch(() => {});
    }
  }

  #notStored(url: URL, error: unknown): void {
    const fields = { url: redactUrl(url), error };
    this.#options.log.warn("the reverse proxy cannot store an answer", fields);
  }
}

interface Filling {
  readonly asked: FetchForCache;
  readonly answer: DatedAnswer;
  readonly variant: string;
  readonly response: IncomingMessage;
  readonly body: NewBody;
  readonly fill: BodyFill;
  readonly flight: ResponseFlight;
}

function datedAnswer(response: IncomingMessage, requestTime: number): DatedAnswer {
  const { statusCode: status = 502, rawHeaders: fields } = response;
  return { status, fields, requestTime, responseTime: Date.now() };
}

function storedFields(fields: RawFields): string[] {
  return withoutFields(endToEndFields(fields), new Set(["content-length"]));
}

/** RFC 9111 section 3.2: the fields of a 304 replace those that were stored. */
function updatedAnswer(stored: StoredAnswer, answer: DatedAnswer): StoredAnswer {
  const renewed = endToEndFields(answer.fields).filter(
    (_, index, all) => !CONTENT_FIELD.test(all[index - (index % 2)] ?? ""),
  );
  const names = new Set(
    renewed.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()),
  );
  const { requestTime, responseTime } = answer;
  // The age that was told then is over.
  const kept = withoutFields(stored.fields, new Set([...names, "age"]));
  return { ...stored, fields: [...kept, ...renewed], requestTime, responseTime };
}

/** Neither the server's nor the clients'. */
function isOurFault(error: unknown): boolean {
  if (error instanceof GomodfsError) return error.code === "TOO_LARGE";
  return error instanceof Error && "syscall" in error && error.syscall === "write";
}

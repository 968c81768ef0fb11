import { setTimeout as sleep } from "node:timers/promises";
import type { CircuitState } from "../lib/circuit_breaker.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { redactUrl } from "../lib/redact_url.ts";
import { cancelled, RequestQueue } from "../lib/request_queue.ts";
import {
  defaultRetryPolicy,
  isTransientError,
  isTransientStatus,
  parseRetryAfter,
  type RetryPolicy,
  retryDelay,
} from "../lib/retry_policy.ts";
import type { HttpAnswer } from "./answer_receiver.ts";
import { urlAuthorization } from "./authorization.ts";
import type { BodyReceiver } from "./body_receiver.ts";
import { CircuitBreakers, type WatchedRequest } from "./circuit_breakers.ts";
import type { CredentialHeaders } from "./credential_table.ts";
import { defaultHttpTimeouts, type HttpTimeouts } from "./exchange_watch.ts";
import type { Environment } from "./go_installation.ts";
import { performExchange } from "./http_exchange.ts";
import { ConnectionPool } from "./http1/connection_pool.ts";
import type { FetchOptions } from "./module_source.ts";
import { noCredentials, type RequestCredentials } from "./request_credentials.ts";

/** What an {@linkcode HttpClient} is made of. */
export interface HttpClientOptions {
  /** `gomodfs/VERSION`. */
  readonly userAgent: string;
  /** For HTTP_PROXY, HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE, SSL_CERT_DIR and NODE_EXTRA_CA_CERTS. */
  readonly env: Environment;
  /** For https URLs without a user and password of their own; none unless given. */
  readonly credentials?: RequestCredentials;
  /**
   * Whether servers need not prove who they are, and may lead from https to http: only for hosts that a setting such as
   * GOINSECURE names. No, unless given.
   */
  readonly insecure?: boolean;
  /** Requests to one host at once; 32 unless given, which a far proxy wants. */
  readonly connectionsPerHost?: number;
  readonly timeouts?: Partial<HttpTimeouts>;
  readonly retry?: Partial<RetryPolicy>;
  /** Gives numbers from 0 to 1, for the waits between attempts. */
  readonly random?: () => number;
  /** Milliseconds since 1970, for circuit breakers; the system's clock unless given. */
  readonly clock?: () => number;
}

/** What to get. */
export interface HttpGet<T> extends FetchOptions {
  readonly url: URL;
  /** Bytes of the body; more is an error, unless the beginning is enough. */
  readonly maxBytes: number;
  /** Whether nothing is wanted of a body past `maxBytes`, be it a refusal's; no, unless given. */
  readonly beginningOnly?: boolean;
  /**
   * What it is about, so that what one thing makes a server answer is not held against all others; the URL's path unless
   * given.
   */
  readonly subject?: string;
  /** Makes what takes the body, once for each attempt, knowing its size where the server announced it. */
  readonly receive: (size: number | undefined) => BodyReceiver<T>;
}

/** What a server answered: the body of a 200, or why there is none. */
export type HttpResult<T> =
  | { readonly ok: true; readonly body: T }
  | {
      readonly ok: false;
      readonly status: number;
      /** What the server says about it, bounded and fit to be shown; may be empty. */
      readonly reason: string;
      /** The beginning of the body, if `beginningOnly` asked for it. */
      readonly body?: Uint8Array | undefined;
    };

/** As many as Go's net/http follows. */
const maxRedirects = 10;

/**
 * An HTTP client for registries: bounded connections with two lanes in front of them, time-outs, redirects, and
 * repeated attempts at what may pass. Credentials go to the host that they are for and no other.
 */
export class HttpClient implements AsyncDisposable {
  readonly #connections: ConnectionPool;
  readonly #queues = new Map<string, RequestQueue>();
  readonly #closing = new AbortController();
  readonly #insecure: boolean;
  readonly #userAgent: string;
  readonly #credentials: RequestCredentials;
  readonly #connectionsPerHost: number;
  readonly #timeouts: HttpTimeouts;
  readonly #retry: RetryPolicy;
  readonly #random: () => number;
  readonly #circuits: CircuitBreakers;

  constructor(options: HttpClientOptions) {
    this.#connectionsPerHost = options.connectionsPerHost ?? 32;
    this.#insecure = options.insecure ?? false;
    this.#connections = new ConnectionPool({
      verifyCertificates: !this.#insecure,
      connectionsPerOrigin: this.#connectionsPerHost,
      env: options.env,
    });
    this.#userAgent = options.userAgent;
    this.#credentials = options.credentials ?? noCredentials;
    this.#timeouts = { ...defaultHttpTimeouts, ...options.timeouts };
    this.#retry = { ...defaultRetryPolicy, ...options.retry };
    this.#random = options.random ?? Math.random;
    this.#circuits = new CircuitBreakers(options.clock ?? Date.now);
  }

  /** How each origin is that was asked lately. */
  circuits(): CircuitState[] {
    return this.#circuits.states();
  }

  /**
   * Gets a URL. Any status is an answer; what may pass was tried again before. An origin that has not answered others
   * lately is not asked.
   *
   * @throws GomodfsError `UPSTREAM` for a connection that breaks, a redirect that must not be followed or too many, an
   *   origin that is not asked;
   *   `TIMEOUT`; `TOO_LARGE`; `CANCELLED`; `BUSY` if too many requests wait; `USAGE` for credentials over plain http;
   *   and what the receiver throws
   */
  async get<T>(get: HttpGet<T>): Promise<HttpResult<T>> {
    const limits = {
      deadline: performance.now() + this.#timeouts.total,
      circuits: this.#circuits.watch(get.subject ?? get.url.pathname),
    };
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.#attempt(get, limits);
      const delay = this.#delayBeforeNext(outcome, attempt);
      if (delay === undefined || performance.now() + delay >= limits.deadline) {
        limits.circuits.end();
        return resultOf(outcome);
      }
      const { signal } = this.#closing;
      await wait(delay, get.signal === undefined ? signal : AbortSignal.any([get.signal, signal]));
    }
  }

  /** Closes all connections. Requests under way fail, and so does what waits for its turn or for another attempt. */
  close(): Promise<void> {
    this.#closing.abort();
    this.#connections.close();
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #attempt<T>(get: HttpGet<T>, limits: RequestLimits): Promise<Outcome<T>> {
    try {
      return await this.#queue(get.url.host).run(
        get.priority ?? "demand",
        get.signal,
        async () => await this.#authenticate(get, limits),
      );
    } catch (error) {
      return { kind: "failure", error };
    }
  }

  #queue(host: string): RequestQueue {
    let queue = this.#queues.get(host);
    if (queue === undefined) {
      queue = new RequestQueue({ slots: this.#connectionsPerHost });
      this.#queues.set(host, queue);
    }
    return queue;
  }

  /** cmd/go/internal/web/http.go `get`: after any 4xx a request is made once more, if there is something new to send. */
  async #authenticate<T>(get: HttpGet<T>, limits: RequestLimits): Promise<Refusal | Body<T>> {
    const { url, signal } = get;
    const own = urlAuthorization(url);
    if (own !== undefined || url.protocol !== "https:") {
      return await this.#follow(get, own ?? {}, limits);
    }
    const headers = await this.#credentials.headersFor(url, signal);
    const answer = await this.#follow(get, headers, limits);
    if (answer.kind !== "refusal" || answer.status < 400 || answer.status > 499) return answer;
    const renewed = await this.#credentials.renew(url, headers, answer, signal);
    if (renewed === undefined) return answer;
    const second = await this.#follow(get, renewed.headers, limits);
    renewed.settle(second.kind === "body" ? 200 : second.status);
    return second;
  }

  async #follow<T>(
    get: HttpGet<T>,
    credentials: CredentialHeaders,
    limits: RequestLimits,
  ): Promise<Refusal | Body<T>> {
    let url = get.url;
    for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
      const sameHost = url.protocol === get.url.protocol && url.host === get.url.host;
      const answer = await this.#exchange(get, url, sameHost ? credentials : {}, limits);
      if (answer.kind !== "redirect") return answer;
      url = redirectTarget(url, answer.location, this.#insecure);
    }
    throw new GomodfsError(
      "UPSTREAM",
      `${nameOf(get.url)}: stopped after ${maxRedirects} redirects`,
    );
  }

  async #exchange<T>(
    get: HttpGet<T>,
    url: URL,
    credentials: CredentialHeaders,
    limits: RequestLimits,
  ): Promise<HttpAnswer<T>> {
    const headers = {
      "user-agent": this.#userAgent,
      // Bodies are hashed and stored as they are; nothing is gained by packing zips again.
      "accept-encoding": "identity",
      ...credentials,
    };
    if (this.#closing.signal.aborted) throw cancelled(this.#closing.signal);
    const origin = this.#connections.origin(url);
    return await limits.circuits.exchange(url.origin, async ({ onStage, onBody }) => {
      const exchange = {
        name: nameOf(url),
        timeouts: this.#timeouts,
        remaining: Math.max(1, limits.deadline - performance.now()),
        signal: get.signal,
        maxBytes: get.maxBytes,
        beginningOnly: get.beginningOnly,
        receive: (size: number | undefined) => {
          onBody();
          return get.receive(size);
        },
      };
      const request = origin.encodeGet(url, headers);
      return await performExchange(origin.connections, request, exchange, onStage);
    });
  }

  #delayBeforeNext<T>(outcome: Outcome<T>, attempt: number): number | undefined {
    if (attempt >= this.#retry.attempts) return undefined;
    switch (outcome.kind) {
      case "body":
        return undefined;
      case "failure":
        if (!isTransientError(outcome.error)) return undefined;
        return retryDelay(this.#retry, attempt, undefined, this.#random);
      case "refusal": {
        if (!isTransientStatus(outcome.status)) return undefined;
        const retryAfter = parseRetryAfter(outcome.retryAfter, Date.now());
        return retryDelay(this.#retry, attempt, retryAfter, this.#random);
      }
    }
  }
}

/** What bounds a request with all its attempts. */
interface RequestLimits {
  /** `performance.now()` */
  readonly deadline: number;
  readonly circuits: WatchedRequest;
}

type Body<T> = Extract<HttpAnswer<T>, { kind: "body" }>;
type Refusal = Extract<HttpAnswer<unknown>, { kind: "refusal" }>;
type Outcome<T> = Body<T> | Refusal | { readonly kind: "failure"; readonly error: unknown };

function resultOf<T>(outcome: Outcome<T>): HttpResult<T> {
  switch (outcome.kind) {
    case "body":
      return { ok: true, body: outcome.body };
    case "refusal":
      return { ok: false, status: outcome.status, reason: outcome.reason, body: outcome.body };
    case "failure":
      throw outcome.error;
  }
}

async function wait(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(milliseconds, undefined, signal === undefined ? {} : { signal });
  } catch {
    throw cancelled(signal);
  }
}

function redirectTarget(from: URL, location: string, mayBeInsecure: boolean): URL {
  const name = nameOf(from);
  let target: URL;
  try {
    target = new URL(location, from);
  } catch (error) {
    throw new GomodfsError("UPSTREAM", `${name}: redirected to something that is no URL`, {
      cause: error,
    });
  }
  const secure = target.protocol === "https:";
  if (!secure && (target.protocol !== "http:" || (from.protocol === "https:" && !mayBeInsecure))) {
    const message = `${name}: redirected to insecure URL ${redactUrl(target)}`;
    throw new GomodfsError("UPSTREAM", message);
  }
  return withoutUserinfo(target);
}

function withoutUserinfo(url: URL): URL {
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  return bare;
}

function nameOf(url: URL): string {
  return `GET ${redactUrl(url)}`;
}

import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { errorAnswer } from "../../http/error_answer.ts";
import type { ExchangeObserver } from "../../http/exchange_outcome.ts";
import type { Client, HttpExchange, HttpHandler } from "../../http/http_exchange.ts";
import { DEFAULT_HTTP_LIMITS } from "../../http/http_limits.ts";
import { type Refusal, refusal } from "../../http/refusal.ts";
import { targetPath } from "../../http/request_check.ts";
import { RequestIds } from "../../http/request_ids.ts";
import { isGomodfsError } from "../../lib/gomodfs_error.ts";
import type { Logger } from "../../lib/logger.ts";
import { defaultHttpTimeouts, type HttpTimeouts } from "../../upstream/exchange_watch.ts";
import type { Environment } from "../../upstream/go_installation.ts";
import { CachingProxy, type CachingProxyStatistics } from "./caching_proxy.ts";
import { connectRefusal } from "./connect_refusal.ts";
import { ListedHosts } from "./listed_hosts.ts";
import { LocalAuthority } from "./local_authority.ts";
import type { ProxyExchange } from "./proxy_exchange.ts";
import {
  isWholeUrl,
  proxiedUrl,
  type TunnelTarget,
  tunnelTarget,
  urlInTunnel,
} from "./proxy_target.ts";
import { ResponseCache } from "./response_cache.ts";
import { type TunnelLimits, type TunnelRequest, TunnelServer } from "./tunnel_server.ts";
import { UpstreamRequests } from "./upstream_requests.ts";
import { writeRefusal } from "./write_refusal.ts";

/** What a {@linkcode ReverseProxy} is made of. */
export interface ReverseProxyOptions {
  /** As {@linkcode ListedHosts.parse} takes them: the only hosts that it answers for. */
  readonly hosts: readonly string[];
  /** Where certificates and answers are kept. */
  readonly directory: string;
  /** For the proxies and certificate authorities that it names. */
  readonly env: Environment;
  readonly log: Logger;
  /**
   * Whether who asks may: the client, or why not. Of CONNECT and of requests for whole URLs, which prove themselves by
   * Proxy-Authorization; everybody unless given.
   */
  readonly authorize?: (request: IncomingMessage) => Promise<Client | Refusal> | Client | Refusal;
  /** Told of the requests that came through tunnels; the HTTP server tells of the others. */
  readonly observe?: ExchangeObserver;
  /** Bytes of answers on disk; 10 GiB unless given. */
  readonly cacheBytes?: number;
  /** Bytes of one answer that is stored; 2 GiB, and no more than a quarter of the cache, unless given. */
  readonly maxStoredBytes?: number;
  /** Bytes of a request's content; 64 MiB unless given. */
  readonly maxRequestBytes?: number;
  readonly timeouts?: Partial<Pick<HttpTimeouts, "connect" | "idle">>;
  readonly limits?: Partial<TunnelLimits>;
  /** Tunnels at one time; 1,024 unless given. */
  readonly maxTunnels?: number;
}

/** How the proxy is, for metrics. */
export interface ReverseProxyStatistics extends CachingProxyStatistics {
  readonly tunnels: number;
  readonly storedBytes: number;
  readonly storedAnswers: number;
}

interface Tunnel extends TunnelTarget {
  readonly client: Client;
}

const GIB = 1024 ** 3;
const DEFAULT_CACHE_BYTES = 10 * GIB;
const DEFAULT_STORED_BYTES = 2 * GIB;
const DEFAULT_REQUEST_BYTES = 64 * 1024 ** 2;
const DEFAULT_TUNNELS = 1_024;

const ANYBODY: Client = { name: undefined, mayRead: () => true };

/**
 * An HTTP proxy for a few hosts that are listed, and no others: what they answer is kept and given to everybody who asks
 * for it. For https it is given CONNECT, and is the host itself to the client, with a certificate of the local authority.
 */
export class ReverseProxy implements HttpHandler {
  readonly name = "revproxy";
  readonly authority: LocalAuthority;
  readonly #hosts: ListedHosts;
  readonly #options: ReverseProxyOptions;
  readonly #cache: ResponseCache;
  readonly #upstream: UpstreamRequests;
  readonly #proxy: CachingProxy;
  readonly #tunnels: TunnelServer<Tunnel>;
  readonly #ids = new RequestIds();

  private constructor(
    options: ReverseProxyOptions,
    parts: { hosts: ListedHosts; authority: LocalAuthority; cache: ResponseCache },
  ) {
    const { cacheBytes = DEFAULT_CACHE_BYTES } = options;
    this.#options = options;
    this.#hosts = parts.hosts;
    this.authority = parts.authority;
    this.#cache = parts.cache;
    this.#upstream = new UpstreamRequests({
      hosts: parts.hosts,
      env: options.env,
      timeouts: { ...defaultHttpTimeouts, ...options.timeouts },
    });
    this.#proxy = new CachingProxy({
      cache: parts.cache,
      upstream: this.#upstream,
      log: options.log,
      id: randomBytes(6).toString("hex"),
      maxStoredBytes:
        options.maxStoredBytes ?? Math.min(DEFAULT_STORED_BYTES, Math.floor(cacheBytes / 4)),
      maxRequestBytes: options.maxRequestBytes ?? DEFAULT_REQUEST_BYTES,
    });
    this.#tunnels = new TunnelServer<Tunnel>(
      { ...DEFAULT_HTTP_LIMITS, ...options.limits },
      (request) => this.#answerTunnel(request),
    );
  }

  /**
   * Makes or opens what it keeps.
   *
   * @throws GomodfsError `USAGE` for hosts that are none, `STORE` if the directory cannot be used
   */
  static async open(options: ReverseProxyOptions): Promise<ReverseProxy> {
    const { directory, env, log, cacheBytes = DEFAULT_CACHE_BYTES } = options;
    const hosts = ListedHosts.parse(options.hosts);
    const authority = await LocalAuthority.open({
      directory: join(directory, "authority"),
      hosts: hosts.names,
      env,
    });
    const cache = await ResponseCache.open({
      directory: join(directory, "answers"),
      maxBytes: cacheBytes,
      log,
    });
    return new ReverseProxy(options, { hosts, authority, cache });
  }

  /**
   * What a client has to have in its environment. It must know that hosts that are not listed are refused.
   *
   * @param url of the HTTP server that this is a handler of
   */
  clientVariables(url: string): Readonly<Record<string, string>> {
    return { HTTPS_PROXY: url, SSL_CERT_FILE: this.authority.bundleFile };
  }

  statistics(): ReverseProxyStatistics {
    return {
      ...this.#proxy.statistics(),
      tunnels: this.#tunnels.connections,
      storedBytes: this.#cache.storedBytes,
      storedAnswers: this.#cache.size,
    };
  }

  /** Answers requests for whole URLs, as clients send them to a proxy (RFC 9112 section 3.2.2). */
  handle(exchange: HttpExchange): boolean | Promise<boolean> {
    // Without a promise: this is asked about each request of the server.
    return isWholeUrl(exchange.request.url ?? "") && this.#answerWholeUrl(exchange);
  }

  /**
   * Answers CONNECT: with a tunnel that ends here, if the host is listed. For the HTTP server's `onConnect`.
   *
   * @param head what came behind the request
   */
  connect(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    this.#openTunnel(request, socket, head).catch((error: unknown) => {
      this.#options.log.error("the reverse proxy cannot open a tunnel", { error });
      socket.end(connectRefusal(errorAnswer(error, this.#ids.next())));
    });
  }

  /** Lets what is being answered come to its end, for `grace` milliseconds. */
  async close({ grace }: { readonly grace: number }): Promise<void> {
    await this.#tunnels.close({ grace });
    this.#upstream[Symbol.dispose]();
    await this.#proxy.close();
    await this.#cache.close();
  }

  async #answerWholeUrl({ request, response, signal }: HttpExchange): Promise<true> {
    const admission = await this.#admit(request);
    const found = "status" in admission ? admission : proxiedUrl(this.#hosts, request.url ?? "");
    if ("status" in found) writeRefusal(response, found);
    else await this.#answer({ request, response, signal, ...found });
    return true;
  }

  async #openTunnel(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const admission = await this.#admit(request);
    const tunnel = "status" in admission ? admission : this.#findTunnel(request, admission);
    if ("status" in tunnel) {
      socket.end(connectRefusal(tunnel));
      return;
    }
    const context = await this.authority.secureContext(tunnel.target.name);
    if (socket.destroyed) return;
    socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
    this.#tunnels.accept(socket, head, context, tunnel);
  }

  async #admit(request: IncomingMessage): Promise<Client | Refusal> {
    return (await this.#options.authorize?.(request)) ?? ANYBODY;
  }

  #findTunnel({ url = "" }: IncomingMessage, client: Client): Tunnel | Refusal {
    const { maxTunnels = DEFAULT_TUNNELS } = this.#options;
    if (this.#tunnels.connections >= maxTunnels) {
      return refusal(503, "too many tunnels are open: ask again", { "Retry-After": "1" });
    }
    const found = tunnelTarget(this.#hosts, url);
    return "status" in found ? found : { ...found, client };
  }

  #answerTunnel({ tunnel, request, response }: TunnelRequest<Tunnel>): void {
    const gone = new AbortController();
    const start = performance.now();
    const written = request.socket.bytesWritten;
    const exchange: HttpExchange = {
      request,
      response,
      id: this.#ids.next(),
      path: targetPath(request.url ?? ""),
      client: tunnel.client,
      signal: gone.signal,
    };
    let failure: unknown;
    response.once("close", () => {
      const isAborted = !response.writableFinished;
      if (isAborted) gone.abort();
      this.#options.observe?.(exchange, {
        status: response.headersSent ? response.statusCode : 499,
        bytes: request.socket.bytesWritten - written,
        milliseconds: performance.now() - start,
        handler: this.name,
        isAborted,
        error: failure,
      });
    });
    this.#answerExchange(exchange, tunnel).catch((error: unknown) => {
      failure = error;
      if (response.headersSent) response.destroy();
      else writeRefusal(response, failureAnswer(error, exchange.id));
    });
  }

  async #answerExchange(
    { request, response, signal }: HttpExchange,
    tunnel: Tunnel,
  ): Promise<void> {
    const url = urlInTunnel(request, tunnel);
    if ("status" in url) writeRefusal(response, url);
    else await this.#answer({ request, response, signal, url, host: tunnel.host });
  }

  /** That a client went away while it was answered is no failure. */
  async #answer(exchange: ProxyExchange): Promise<void> {
    try {
      await this.#proxy.answer(exchange);
    } catch (error) {
      if (!exchange.signal.aborted) throw error;
    }
  }
}

function failureAnswer(error: unknown, id: string): Refusal {
  // Of the two things that can be too large here only the request's content is met before the answer.
  return isGomodfsError(error, "TOO_LARGE")
    ? refusal(413, error.message, { Connection: "close" })
    : errorAnswer(error, id);
}

import type { Environment } from "../go_installation.ts";
import { Dialer } from "./dialer.ts";
import { OriginConnections } from "./origin_connections.ts";
import { endpointOf, routeTo } from "./proxy_route.ts";
import { encodeRequestHead, type RequestHeaders } from "./request_head.ts";

/** What a {@linkcode ConnectionPool} is made of. */
export interface ConnectionPoolOptions {
  /** Connections to one origin at once. */
  readonly connectionsPerOrigin: number;
  /** For the proxies and certificate authorities that it names. */
  readonly env: Environment;
  /** Whether servers must prove who they are; yes, unless given. */
  readonly verifyCertificates?: boolean;
  /** Milliseconds that a connection stays open with nothing to do; 15 s unless given. */
  readonly idleTimeout?: number;
}

/** A scheme, host and port (RFC 9110 section 4.3.1) and how to ask it. */
export interface Origin {
  readonly connections: OriginConnections;
  /** A GET request for a URL of this origin, as {@linkcode Connection.send} takes it. @throws GomodfsError `USAGE` */
  encodeGet(url: URL, headers: RequestHeaders): string;
}

/** Origins that are remembered; a server could redirect to ever new ones. */
const maxOrigins = 256;

/** The kept connections to all origins: straight, or through the HTTP proxies that the environment names. */
export class ConnectionPool {
  readonly #options: Required<ConnectionPoolOptions>;
  readonly #dialer: Dialer;
  readonly #origins = new Map<string, Origin>();

  constructor(options: ConnectionPoolOptions) {
    this.#options = { idleTimeout: 15_000, verifyCertificates: true, ...options };
    this.#dialer = new Dialer(options.env, this.#options.verifyCertificates);
  }

  /**
   * The origin of an http or https URL.
   *
   * @throws GomodfsError `UNSUPPORTED` if the environment names a proxy for it that is neither http nor https
   */
  origin(url: URL): Origin {
    const key = url.origin;
    let origin = this.#origins.get(key);
    if (origin === undefined) {
      origin = this.#createOrigin(url);
      if (this.#origins.size >= maxOrigins) this.#forgetUnused();
      this.#origins.set(key, origin);
    }
    return origin;
  }

  /** Closes all connections. */
  close(): void {
    for (const { connections } of this.#origins.values()) connections.close();
    this.#origins.clear();
  }

  #createOrigin(url: URL): Origin {
    const route = routeTo(url, this.#options.env);
    const endpoint = endpointOf(url);
    const connections = new OriginConnections({
      limit: this.#options.connectionsPerOrigin,
      idleTimeout: this.#options.idleTimeout,
      dial: async (read, signal) => await this.#dialer.dial(endpoint, route, read, signal),
    });
    if (route.kind === "forward") {
      const proxyHeaders = route.proxy.headers;
      return {
        connections,
        // RFC 9112 section 3.2.2
        encodeGet: ({ origin, pathname, search, host }, headers) =>
          encodeRequestHead("GET", `${origin}${pathname}${search}`, host, {
            ...headers,
            ...proxyHeaders,
          }),
      };
    }
    return {
      connections,
      encodeGet: ({ pathname, search, host }, headers) =>
        encodeRequestHead("GET", `${pathname}${search}`, host, headers),
    };
  }

  #forgetUnused(): void {
    for (const [key, { connections }] of this.#origins) {
      if (connections.isUnused) this.#origins.delete(key);
    }
  }
}

import { createServer, type IncomingMessage, type Server, type ServerOptions } from "node:http";
import { createServer as createSecureServer, type Server as SecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { ConnectionSocket } from "./connection_table.ts";
import type { HttpLimits } from "./http_limits.ts";
import { type ListenTarget, listenOn } from "./listen_target.ts";
import { RequestIdResponse } from "./request_id_response.ts";

/** A certificate with its chain, and its private key, both PEM. */
export interface ServerCertificate {
  readonly key: string | Buffer;
  readonly cert: string | Buffer;
}

/** Where to listen, and how. */
export interface ListenerOptions {
  readonly target: ListenTarget;
  /** TLS if given. */
  readonly certificate?: ServerCertificate;
}

/** Who hears of what comes in. */
export interface ListenerEvents {
  readonly onConnection: (socket: ConnectionSocket) => void;
  readonly onRequest: (request: IncomingMessage, response: RequestIdResponse) => void;
  readonly onConnect: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

type ListeningServer = Server<typeof IncomingMessage, typeof RequestIdResponse>;

/** Connections that may be in their TLS handshake while the server has all the connections that it bears. */
const HANDSHAKES = 1_024;
/** How often node:http looks for connections whose request is late. */
const CHECKING_INTERVAL = 2_000;
/** TLS 1.2 is what Go's own clients ask for at least. */
const TLS = { minVersion: "TLSv1.2", ALPNProtocols: ["http/1.1"] } as const;

/** One address that a server listens on. */
export class HttpListener {
  readonly target: ListenTarget;
  readonly #server: ListeningServer;
  readonly #secureServer: SecureServer | undefined;

  private constructor(
    target: ListenTarget,
    server: ListeningServer,
    secureServer: SecureServer | undefined,
  ) {
    this.target = target;
    this.#server = server;
    this.#secureServer = secureServer;
  }

  /** @throws GomodfsError `BUSY` if something else listens there, `USAGE` if nothing can */
  static async open(
    { target, certificate }: ListenerOptions,
    limits: HttpLimits,
    events: ListenerEvents,
  ): Promise<HttpListener> {
    const options = serverOptions(limits);
    const secureServer =
      certificate === undefined
        ? undefined
        : createSecureServer({
            ...options,
            ...TLS,
            ...certificate,
            handshakeTimeout: limits.headTime,
          });
    const server = secureServer ?? createServer(options);
    server.maxConnections = limits.connections + HANDSHAKES;
    // All fields arrive, so that there being too many can be told.
    server.maxHeadersCount = 0;
    server.on(secureServer === undefined ? "connection" : "secureConnection", events.onConnection);
    server.on("request", events.onRequest);
    // Without a listener node:http asks for the body of such a request before anybody has seen it.
    server.on("checkContinue", events.onRequest);
    server.on("connect", events.onConnect);
    await listenOn(server, target);
    return new HttpListener(target, server, secureServer);
  }

  /** What it is bound to; a string is the path of a socket in the file system. */
  get address(): AddressInfo | string | undefined {
    return this.#server.address() ?? undefined;
  }

  /** The TCP port; undefined for a socket in the file system. */
  get port(): number | undefined {
    const address = this.#server.address();
    return typeof address === "object" ? address?.port : undefined;
  }

  /** Whether clients must speak TLS. */
  get isSecure(): boolean {
    return this.#secureServer !== undefined;
  }

  /**
   * Replaces the certificate for connections from now on.
   *
   * @throws Error if the two do not fit together; the old ones stay
   */
  setCertificate(certificate: ServerCertificate): void {
    this.#secureServer?.setSecureContext({ ...certificate, minVersion: TLS.minVersion });
  }

  /** Takes no new connections; fulfils when the last one has ended. */
  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    await promise;
  }
}

function serverOptions(
  limits: HttpLimits,
): ServerOptions<typeof IncomingMessage, typeof RequestIdResponse> {
  return {
    ServerResponse: RequestIdResponse,
    maxHeaderSize: limits.headBytes,
    headersTimeout: limits.headTime,
    requestTimeout: limits.headTime,
    keepAliveTimeout: limits.idleTime,
    connectionsCheckingInterval: Math.min(CHECKING_INTERVAL, limits.headTime),
    insecureHTTPParser: false,
    requireHostHeader: true,
    noDelay: true,
  };
}

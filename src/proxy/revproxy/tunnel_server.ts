import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { type SecureContext, TLSSocket } from "node:tls";
import type { HttpLimits } from "../../http/http_limits.ts";

/** A request that came through a tunnel. */
export interface TunnelRequest<Tunnel> {
  readonly tunnel: Tunnel;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** What a {@linkcode TunnelServer} bears from its clients. */
export type TunnelLimits = Pick<
  HttpLimits,
  "headBytes" | "headerFields" | "headTime" | "idleTime" | "stallTime"
>;

const CHECKING_INTERVAL = 2_000;

/**
 * An HTTP server that listens nowhere: it is given connections that were made for something else, and ends their TLS. What
 * it knows of a connection (`Tunnel`) it says with each request.
 */
export class TunnelServer<Tunnel> {
  readonly #server: Server;
  readonly #limits: TunnelLimits;
  readonly #tunnels = new Map<Duplex, OpenTunnel<Tunnel>>();
  #isClosing = false;

  constructor(limits: TunnelLimits, answer: (request: TunnelRequest<Tunnel>) => void) {
    this.#limits = limits;
    this.#server = createServer({
      maxHeaderSize: limits.headBytes,
      headersTimeout: limits.headTime,
      // Content is bounded by its bytes and by stalling.
      requestTimeout: 0,
      keepAliveTimeout: limits.idleTime,
      connectionsCheckingInterval: Math.min(CHECKING_INTERVAL, limits.headTime),
      insecureHTTPParser: false,
      requireHostHeader: true,
    });
    this.#server.maxHeadersCount = limits.headerFields;
    this.#server.on("request", (request, response) => {
      const open = this.#tunnels.get(request.socket);
      if (open === undefined) {
        request.destroy();
        return;
      }
      open.requests += 1;
      response.once("close", () => this.#endRequest(request.socket, open));
      answer({ tunnel: open.tunnel, request, response });
    });
    // node:http looks for late requests only in servers that have begun to listen.
    this.#server.emit("listening");
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#tunnels.size;
  }

  /**
   * Takes over a connection on which the client is about to begin TLS.
   *
   * @param head what has arrived of it already
   */
  accept(socket: Duplex, head: Buffer, context: SecureContext, tunnel: Tunnel): void {
    if (this.#isClosing) {
      socket.destroy();
      return;
    }
    if (head.length > 0) socket.unshift(head);
    const secure = new TLSSocket(socket, {
      isServer: true,
      secureContext: context,
      ALPNProtocols: ["http/1.1"],
    });
    this.#tunnels.set(secure, { tunnel, requests: 0 });
    secure.once("close", () => this.#tunnels.delete(secure));
    // A client that breaks off is no error of ours; "close" follows.
    secure.on("error", () => secure.destroy());
    socket.on("error", () => secure.destroy());
    socket.once("close", () => secure.destroy());
    const handshake = setTimeout(() => secure.destroy(), this.#limits.headTime);
    secure.once("close", () => clearTimeout(handshake));
    secure.once("secure", () => {
      clearTimeout(handshake);
      // What neither sends nor takes anything is not waited for.
      secure.setTimeout(this.#limits.stallTime, () => secure.destroy());
      this.#server.emit("connection", secure);
    });
  }

  /** Ends the connections that have no request; fulfils when all have ended, cut off after `grace` milliseconds. */
  async close({ grace }: { readonly grace: number }): Promise<void> {
    this.#isClosing = true;
    // A server that does not listen has nothing to close but the look for late requests.
    this.#server.close();
    const ended = [...this.#tunnels.keys()].map(async (socket) => await untilClosed(socket));
    for (const [socket, { requests }] of this.#tunnels) if (requests === 0) socket.destroy();
    const cutOff = setTimeout(() => {
      for (const socket of this.#tunnels.keys()) socket.destroy();
    }, grace);
    await Promise.all(ended);
    clearTimeout(cutOff);
  }

  #endRequest(socket: Duplex, open: OpenTunnel<Tunnel>): void {
    open.requests -= 1;
    if (this.#isClosing && open.requests === 0) socket.end();
  }
}

interface OpenTunnel<Tunnel> {
  readonly tunnel: Tunnel;
  /** Those that are being answered. */
  requests: number;
}

async function untilClosed(socket: Duplex): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.once("close", () => resolve());
  await promise;
}

import { connect, type OnReadOpts, type Socket } from "node:net";
import type { Environment } from "../go_installation.ts";
import { openTunnel } from "./connect_tunnel.ts";
import type { ReadCallback } from "./connection.ts";
import type { Endpoint, Route } from "./proxy_route.ts";
import { readIntoMemory } from "./read_memory.ts";
import { untilConnected } from "./socket_events.ts";
import type { TlsOptions } from "./tls_connector.ts";

/** Opens sockets to origins, directly or through a proxy. */
export class Dialer {
  readonly #env: Environment;
  readonly #verifyCertificates: boolean;
  #tlsConnector: Promise<import("./tls_connector.ts").TlsConnector> | undefined;

  /**
   * @param env for the certificate authorities that it names
   * @param verifyCertificates whether servers must prove who they are
   */
  constructor(env: Environment, verifyCertificates = true) {
    this.#env = env;
    this.#verifyCertificates = verifyCertificates;
  }

  /**
   * A socket over which the origin, or the proxy that forwards to it, takes requests. What arrives goes to `read`.
   *
   * @throws an error of Node's with a code; GomodfsError `UPSTREAM`, `PROTOCOL`; the signal's reason
   */
  async dial(
    origin: Endpoint,
    route: Route,
    read: ReadCallback,
    signal: AbortSignal,
  ): Promise<Socket> {
    switch (route.kind) {
      case "direct":
        return await this.#connect(origin, read, signal);
      case "forward":
        return await this.#connect(route.proxy, read, signal);
      case "tunnel": {
        const { proxy } = route;
        const socket = proxy.secure
          ? await this.#connectTls(proxy, {}, signal)
          : await connectTcp(proxy, {}, signal);
        await openTunnel(socket, proxy, origin, signal);
        return readWith(await this.#connectTls(origin, { socket }, signal), read);
      }
    }
  }

  async #connect(server: Endpoint, read: ReadCallback, signal: AbortSignal): Promise<Socket> {
    const options = { onread: readIntoMemory(read) };
    return server.secure
      ? await this.#connectTls(server, options, signal)
      : await connectTcp(server, options, signal);
  }

  async #connectTls(server: Endpoint, options: TlsOptions, signal: AbortSignal): Promise<Socket> {
    this.#tlsConnector ??= import("./tls_connector.ts").then(
      ({ TlsConnector }) => new TlsConnector(this.#env, this.#verifyCertificates),
    );
    const connector = await this.#tlsConnector;
    return await connector.connect(server, options, signal);
  }
}

async function connectTcp(
  { host, port }: Endpoint,
  options: { readonly onread?: OnReadOpts },
  signal: AbortSignal,
): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true, ...options });
  await untilConnected(socket, "connect", signal);
  return socket;
}

/** For a socket over another one, which takes no memory to read into. */
function readWith(socket: Socket, read: ReadCallback): Socket {
  return socket.on("data", (bytes: Buffer) => {
    if (read(bytes) !== "continue") socket.pause();
  });
}

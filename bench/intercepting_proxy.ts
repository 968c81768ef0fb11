import {
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { TestCertificate } from "../test/support/test_certificate.ts";

/**
 * An HTTP proxy (CONNECT) on 127.0.0.1 that answers for every host itself, with what another server on the loopback
 * says: a program that knows one address only is measured with the same server as the others.
 */
export class InterceptingProxy implements AsyncDisposable {
  readonly #connect: Server;
  readonly #tls: TlsServer;
  readonly #sockets = new Set<Socket>();

  private constructor(target: URL, certificate: TestCertificate) {
    this.#tls = createTlsServer(certificate, (asked, answer) => forward(target, asked, answer));
    this.#connect = createServer().on("connect", (_, client: Socket) => this.#tunnel(client));
  }

  /** Starts it for a server's URL, with a certificate for the hosts that it is to answer for. */
  static async start(target: URL, certificate: TestCertificate): Promise<InterceptingProxy> {
    const proxy = new InterceptingProxy(target, certificate);
    await Promise.all([listen(proxy.#tls), listen(proxy.#connect)]);
    return proxy;
  }

  /** For HTTPS_PROXY. */
  get url(): string {
    return `http://127.0.0.1:${portOf(this.#connect)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all([close(this.#connect), close(this.#tls)]);
  }

  #tunnel(client: Socket): void {
    const server = connect(portOf(this.#tls), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      server.pipe(client).pipe(server);
    });
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => this.#sockets.delete(socket));
    }
  }
}

function forward(target: URL, asked: IncomingMessage, answer: ServerResponse): void {
  const url = new URL(asked.url ?? "/", target);
  const forwarded = request(url, { method: asked.method ?? "GET" }, (response) => {
    answer.writeHead(response.statusCode ?? 502, response.headers);
    response.pipe(answer);
  });
  forwarded.on("error", () => answer.destroy());
  forwarded.end();
}

async function listen(server: Server | TlsServer): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
}

async function close(server: Server | TlsServer): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeAllConnections();
  await promise;
}

function portOf(server: Server | TlsServer): number {
  const address: AddressInfo | string | null = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

import { createServer, request as httpRequest, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

/**
 * An HTTP proxy on 127.0.0.1: CONNECT for https, absolute URLs for http. Whatever host is asked for, it connects to
 * 127.0.0.1: so names that exist nowhere prove that a request came through it.
 */
export class ConnectProxy implements AsyncDisposable {
  /** What was asked for: `CONNECT host:port`, `GET http://host:port/path`. */
  readonly requests: string[] = [];
  /** The Proxy-Authorization headers that came. */
  readonly authorizations: (string | undefined)[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  /** @param portFor the port on 127.0.0.1 for a CONNECT to `host:port`; the same port unless given */
  constructor(portFor: (authority: string) => number = portOf) {
    this.#server = createServer((request, response) => {
      const url = new URL(request.url ?? "");
      this.requests.push(`${request.method} ${url.href}`);
      this.authorizations.push(request.headers["proxy-authorization"]);
      const target = { host: "127.0.0.1", port: url.port, path: url.pathname };
      const forwarded = httpRequest(target, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      forwarded.on("error", () => response.destroy());
      forwarded.end();
    });
    this.#server.on("connect", (request, client: Socket) => {
      this.requests.push(`CONNECT ${request.url}`);
      this.authorizations.push(request.headers["proxy-authorization"]);
      const target = connect(portFor(request.url ?? ""), "127.0.0.1", () => {
        client.write("HTTP/1.1 200 Connection established\r\n\r\n");
        target.pipe(client).pipe(target);
      });
      for (const socket of [client, target]) {
        this.#sockets.add(socket);
        socket.on("error", () => socket.destroy());
        socket.on("close", () => this.#sockets.delete(socket));
      }
    });
  }

  async listen(): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.listen(0, "127.0.0.1", resolve);
    await promise;
    const address: AddressInfo | string | null = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    for (const socket of this.#sockets) socket.destroy();
    await promise;
  }
}

function portOf(authority: string): number {
  return Number(authority.split(":").at(-1));
}

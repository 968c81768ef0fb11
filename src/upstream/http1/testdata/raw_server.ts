import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { TestCertificate } from "../../../../test/support/test_certificate.ts";

/** A server on 127.0.0.1 that says what no proper web server does. */
export class RawServer implements AsyncDisposable {
  /** All connections in the order in which they came. */
  readonly sockets: Socket[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /**
   * Starts one; over TLS if a certificate is given.
   *
   * @param answer called when a piece has arrived on a connection, with all that has arrived on it
   */
  static async start(
    answer: (socket: Socket, received: string, connection: number) => void,
    certificate?: TestCertificate,
  ): Promise<RawServer> {
    const converse = (socket: Socket): void => {
      const connection = raw.sockets.push(socket) - 1;
      let received = "";
      socket.on("error", () => socket.destroy());
      socket.on("data", (bytes) => {
        received += bytes.toString("latin1");
        answer(socket, received, connection);
      });
    };
    const raw = new RawServer(
      certificate === undefined ? createServer(converse) : createTlsServer(certificate, converse),
    );
    const { promise, resolve } = Promise.withResolvers<void>();
    raw.#server.listen(0, "127.0.0.1", resolve);
    await promise;
    return raw;
  }

  get port(): number {
    const address: AddressInfo | string | null = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${this.port}/`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    for (const socket of this.sockets) socket.destroy();
    await promise;
  }
}

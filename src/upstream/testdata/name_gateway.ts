import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { TestCertificate } from "../../../test/support/test_certificate.ts";
import { TestServer } from "../../../test/support/test_server.ts";

/**
 * An HTTP proxy on 127.0.0.1 behind which a listener answers for every host: so programs find names that exist nowhere.
 * Over https with a certificate; without one it hangs up.
 */
export class NameGateway implements AsyncDisposable {
  readonly #proxy: Server;
  readonly #secure: TestServer | undefined;
  readonly #sockets = new Set<Socket>();

  private constructor(listener: RequestListener, secure: TestServer | undefined) {
    this.#secure = secure;
    this.#proxy = createServer(listener);
    this.#proxy.on("connect", (_request, client: Socket) => {
      if (secure === undefined) client.destroy();
      else this.#tunnel(client, secure.port);
    });
  }

  static async start(
    listener: RequestListener,
    certificate: TestCertificate | undefined,
  ): Promise<NameGateway> {
    const secure =
      certificate === undefined ? undefined : await TestServer.start(listener, certificate);
    const gateway = new NameGateway(listener, secure);
    const { promise, resolve } = Promise.withResolvers<void>();
    gateway.#proxy.listen(0, "127.0.0.1", resolve);
    await promise;
    return gateway;
  }

  /** Its URL, for HTTP_PROXY and HTTPS_PROXY. */
  get url(): string {
    const address: AddressInfo | string | null = this.#proxy.address();
    return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#proxy.close(() => resolve());
    this.#proxy.closeAllConnections();
    for (const socket of this.#sockets) socket.destroy();
    await promise;
    await this.#secure?.[Symbol.asyncDispose]();
  }

  #tunnel(client: Socket, port: number): void {
    const target = connect(port, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      target.pipe(client).pipe(target);
    });
    for (const socket of [client, target]) {
      this.#sockets.add(socket);
      socket.on("error", () => {
        client.destroy();
        target.destroy();
      });
      socket.on("close", () => this.#sockets.delete(socket));
    }
  }
}

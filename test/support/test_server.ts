import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TestCertificate } from "./test_certificate.ts";

/** A web server on 127.0.0.1 that answers as a test says. */
export class TestServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #scheme: "http" | "https";

  private constructor(server: Server, scheme: "http" | "https") {
    this.#server = server;
    this.#scheme = scheme;
  }

  /** Starts one; over TLS if a certificate is given. */
  static async start(
    listener: RequestListener,
    certificate?: TestCertificate,
  ): Promise<TestServer> {
    const server =
      certificate === undefined
        ? createServer(listener)
        : createSecureServer(certificate, listener);
    const { promise, resolve } = Promise.withResolvers<void>();
    server.listen(0, "127.0.0.1", resolve);
    await promise;
    return new TestServer(server, certificate === undefined ? "http" : "https");
  }

  get port(): number {
    const address: AddressInfo | string | null = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** The URL of a path; `host` replaces 127.0.0.1, for names that a proxy leads here. */
  url(path = "/", host = "127.0.0.1"): URL {
    return new URL(path, `${this.#scheme}://${host}:${this.port}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    await promise;
  }
}

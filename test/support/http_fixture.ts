import type { RequestListener } from "node:http";
import { MemoryReceiver } from "../../src/upstream/body_receiver.ts";
import {
  HttpClient,
  type HttpClientOptions,
  type HttpGet,
  type HttpResult,
} from "../../src/upstream/http_client.ts";
import type { TestCertificate } from "./test_certificate.ts";
import { TestServer } from "./test_server.ts";

/** Servers and clients of one test, all ended with it. */
export class HttpFixture implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();

  /** Starts a server; over TLS if a certificate is given. */
  async serve(listener: RequestListener, certificate?: TestCertificate): Promise<TestServer> {
    return this.#stack.use(await TestServer.start(listener, certificate));
  }

  /** A client that waits a millisecond at most before it tries again. */
  client(options: Partial<HttpClientOptions> = {}): HttpClient {
    const retry = { baseDelay: 1, ...options.retry };
    return this.#stack.use(
      new HttpClient({ userAgent: "gomodfs/test", env: {}, ...options, retry }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

/** Gets a URL as text. */
export async function getText(
  client: HttpClient,
  url: URL,
  options: Partial<HttpGet<unknown>> = {},
): Promise<HttpResult<string>> {
  const receive = (size: number | undefined): MemoryReceiver => new MemoryReceiver(size);
  const result = await client.get({ url, maxBytes: 1 << 20, ...options, receive });
  return result.ok ? { ok: true, body: Buffer.from(result.body).toString() } : result;
}

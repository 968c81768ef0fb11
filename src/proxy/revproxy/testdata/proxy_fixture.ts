import type { RequestListener } from "node:http";
import { readFileSync } from "node:fs";
import { ConnectProxy } from "../../../../test/support/connect_proxy.ts";
import { type ProgramResult, runProgram } from "../../../../test/support/program.ts";
import { temporaryDirectory } from "../../../../test/support/temporary_directory.ts";
import { makeTestCertificate, type TestCertificate } from "../../../../test/support/test_certificate.ts";
import { TestServer } from "../../../../test/support/test_server.ts";
import type { ExchangeOutcome } from "../../../http/exchange_outcome.ts";
import type { HttpExchange } from "../../../http/http_exchange.ts";
import { HttpServer } from "../../../http/http_server.ts";
import { silentLogger } from "../../../lib/logger.ts";
import type { Environment } from "../../../upstream/go_installation.ts";
import { ReverseProxy, type ReverseProxyOptions } from "../reverse_proxy.ts";

/** An exchange that was observed. */
export interface ObservedExchange {
  readonly exchange: HttpExchange;
  readonly outcome: ExchangeOutcome;
}

/** An answer as curl tells of it. */
export interface CurlAnswer {
  readonly exitCode: number;
  readonly status: number;
  /** In lower case, the last of several. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

const NAME = "listed.test";

/**
 * An origin `listed.test`, which exists nowhere: the reverse proxy reaches it through a CONNECT proxy, as behind a company's
 * own. Its port must be listed with it.
 */
export class ProxyFixture implements AsyncDisposable {
  /** What the origin was asked: `GET /path`. */
  readonly asked: string[] = [];
  /** What came through tunnels. */
  readonly observed: ObservedExchange[] = [];
  readonly directory = temporaryDirectory();
  readonly #stack = new AsyncDisposableStack();
  readonly #certificate: TestCertificate;
  #origin: TestServer | undefined;
  #company: ConnectProxy | undefined;
  #proxy: ReverseProxy | undefined;
  #server: HttpServer | undefined;
  #environment: Environment = {};
  #port = 0;
  #originPort = 0;

  private constructor() {
    this.#stack.use(this.directory);
    this.#certificate = makeTestCertificate(this.directory, [NAME]);
  }

  /** Starts origin and proxy. */
  static async start(
    answer: RequestListener,
    options: Partial<ReverseProxyOptions> = {},
  ): Promise<ProxyFixture> {
    const fixture = new ProxyFixture();
    fixture.#origin = await TestServer.start((request, response) => {
      fixture.asked.push(`${request.method} ${request.url}`);
      answer(request, response);
    }, fixture.#certificate);
    fixture.#originPort = fixture.#origin.port;
    fixture.#company = new ConnectProxy();
    const company = `http://127.0.0.1:${await fixture.#company.listen()}`;
    fixture.#environment = {
      HTTPS_PROXY: company,
      HTTP_PROXY: company,
      SSL_CERT_FILE: fixture.#certificate.authorityFile,
    };
    await fixture.#startProxy(options);
    return fixture;
  }

  get proxy(): ReverseProxy {
    if (this.#proxy === undefined) throw new Error("the fixture has not been started");
    return this.#proxy;
  }

  /** The port that the proxy listens on. */
  get port(): number {
    return this.#port;
  }

  /** `host:port` of the origin. */
  get authority(): string {
    return `${NAME}:${this.#originPort}`;
  }

  url(path: string): string {
    return `https://${this.authority}${path}`;
  }

  /** What a client has to know. */
  get clientEnvironment(): Environment {
    return this.proxy.clientVariables(`http://127.0.0.1:${this.#port}`);
  }

  /** Gets a path of the origin through the proxy. */
  async get(path: string, ...args: readonly string[]): Promise<CurlAnswer> {
    return await this.curl(this.url(path), ...args);
  }

  async curl(url: string, ...args: readonly string[]): Promise<CurlAnswer> {
    const headerFile = this.directory.join(`headers-${crypto.randomUUID()}`);
    const result = await runProgram([
      "curl",
      "--silent",
      "--show-error",
      "--suppress-connect-headers",
      "--max-time",
      "20",
      "--proxy",
      `http://127.0.0.1:${this.#port}`,
      "--cacert",
      this.proxy.authority.bundleFile,
      "--dump-header",
      headerFile,
      ...args,
      url,
    ]);
    return curlAnswer(result, readFileSync(headerFile, "latin1"));
  }

  /** From now on the origin cannot be reached. */
  async stopOrigin(): Promise<void> {
    await this.#company?.[Symbol.asyncDispose]();
    await this.#origin?.[Symbol.asyncDispose]();
  }

  /** Ends the proxy and starts it anew over the same directory. */
  async restartProxy(options: Partial<ReverseProxyOptions> = {}): Promise<void> {
    await this.#stopProxy();
    await this.#startProxy(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stopProxy();
    await this.stopOrigin();
    await this.#stack.disposeAsync();
  }

  async #startProxy(options: Partial<ReverseProxyOptions>): Promise<void> {
    const proxy = await ReverseProxy.open({
      hosts: [this.authority],
      directory: this.directory.join("revproxy"),
      env: this.#environment,
      log: silentLogger,
      observe: (exchange, outcome) => this.observed.push({ exchange, outcome }),
      ...options,
    });
    const server = new HttpServer({
      handlers: [proxy],
      authenticate: () => ({ name: undefined, mayRead: () => true }),
      onConnect: (request, socket, head) => proxy.connect(request, socket, head),
    });
    const listener = await server.listen({ target: { kind: "tcp", host: "127.0.0.1", port: 0 } });
    this.#proxy = proxy;
    this.#server = server;
    this.#port = listener.port ?? 0;
  }

  async #stopProxy(): Promise<void> {
    await this.#proxy?.close({ grace: 0 });
    await this.#server?.close({ grace: 0 });
  }
}

function curlAnswer({ status, stdout }: ProgramResult, head: string): CurlAnswer {
  const blocks = head.split("\r\n\r\n").filter((block) => block !== "");
  const [statusLine = "", ...fields] = (blocks.at(-1) ?? "").split("\r\n");
  const headers = new Map(
    fields.map((field) => {
      const colon = field.indexOf(":");
      return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()] as const;
    }),
  );
  return {
    exitCode: Number(status),
    status: Number(statusLine.split(" ")[1] ?? 0),
    headers,
    body: stdout,
  };
}

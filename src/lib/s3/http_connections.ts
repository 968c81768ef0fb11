import type { Agent, ClientRequest, RequestOptions } from "node:http";
import type { Socket } from "node:net";
import type { Environment } from "../environment.ts";
import { httpProxyFor } from "../http_proxy_environment.ts";
import { ConnectionSlots } from "./connection_slots.ts";
import { type ExchangeTimeouts, HttpExchange, type ServerAnswer } from "./http_exchange.ts";
import type { RequestBody } from "./request_body.ts";

/** What {@linkcode HttpConnections} are made of. */
export interface HttpConnectionsOptions {
  /** At once; further requests wait for one of them. */
  readonly connections: number;
  /** Requests that may wait; one more fails. */
  readonly maxWaiting: number;
  readonly timeouts: ExchangeTimeouts;
  /** For HTTP_PROXY, HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE, SSL_CERT_DIR and NODE_EXTRA_CA_CERTS. */
  readonly env: Environment;
}

/** One request to a server. */
export interface HttpRequest {
  /** How messages call it. */
  readonly name: string;
  readonly method: string;
  readonly origin: URL;
  /** Path and query, escaped. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: RequestBody | undefined;
  readonly signal: AbortSignal | undefined;
}

/** How requests of one scheme are made. */
interface Transport {
  readonly agent: Agent;
  request(options: RequestOptions): ClientRequest;
}

/** Below what servers close idle connections after; Amazon's do after some 20 seconds. */
const idleMilliseconds = 15_000;

/** A bounded number of connections to HTTP servers that are kept open between requests. */
export class HttpConnections {
  readonly #options: HttpConnectionsOptions;
  readonly #slots: ConnectionSlots;
  readonly #transports = new Map<string, Promise<Transport>>();
  #closed = false;

  constructor(options: HttpConnectionsOptions) {
    this.#options = options;
    this.#slots = new ConnectionSlots(options.connections, options.maxWaiting);
  }

  /**
   * Makes a request, and gives the answer's head as soon as it is there. Its body must be read to the end or destroyed.
   *
   * @throws GomodfsError `UPSTREAM` for a broken connection, `TIMEOUT`, `CANCELLED`, `BUSY` if too many requests wait,
   *   and what the request's body throws
   */
  async exchange(request: HttpRequest): Promise<ServerAnswer> {
    await this.#slots.acquire(request.name, request.signal);
    try {
      const answer = await this.#begin(request);
      answer.body.once("close", () => this.#slots.release());
      return answer;
    } catch (error) {
      this.#slots.release();
      throw error;
    }
  }

  /** Ends idle connections, and the others as soon as their request is done. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const made of this.#transports.values()) {
      const { agent } = await made;
      for (const sockets of Object.values(agent.freeSockets)) {
        for (const socket of sockets ?? []) socket.destroy();
      }
    }
  }

  async #begin(request: HttpRequest): Promise<ServerAnswer> {
    const { origin, method, target, headers } = request;
    const transport = await this.#transport(origin);
    return await new HttpExchange(request, this.#options.timeouts).run(() =>
      transport.request({
        agent: transport.agent,
        host: origin.hostname.replace(/^\[|\]$/g, ""),
        port: origin.port,
        method,
        path: target,
        headers,
      }),
    );
  }

  #transport(origin: URL): Promise<Transport> {
    const proxy = httpProxyFor(this.#options.env, origin);
    const key = `${origin.protocol} ${proxy ?? ""}`;
    let transport = this.#transports.get(key);
    if (transport === undefined) {
      transport = this.#makeTransport(origin.protocol === "https:", proxy);
      this.#transports.set(key, transport);
    }
    return transport;
  }

  async #makeTransport(secure: boolean, proxy: string | undefined): Promise<Transport> {
    const options = {
      keepAlive: true,
      maxSockets: this.#options.connections,
      maxFreeSockets: this.#options.connections,
      // Of idle sockets only: nothing listens on the requests'.
      timeout: idleMilliseconds,
      // The rules of NO_PROXY were applied already, as Go has them.
      ...(proxy !== undefined && { proxyEnv: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } }),
    };
    const transport = secure
      ? await secureTransport(options, this.#options.env)
      : await plainTransport(options);
    // After the agent's own listener, which has put it among the idle ones.
    transport.agent.on("free", (socket: Socket) => {
      if (this.#closed) socket.destroy();
    });
    return transport;
  }
}

type PoolOptions = ConstructorParameters<typeof Agent>[0];

async function plainTransport(options: PoolOptions): Promise<Transport> {
  const { Agent, request } = await import("node:http");
  return { agent: new Agent(options), request };
}

/** Loaded with the first https request: node:https, the certificates and the context made of them take 50 ms. */
async function secureTransport(options: PoolOptions, env: Environment): Promise<Transport> {
  const [{ Agent, request }, { createSecureContext }, { certificateAuthorities }] =
    await Promise.all([
      import("node:https"),
      import("node:tls"),
      import("../certificate_authorities.ts"),
    ]);
  // Made once and not for each connection.
  const secureContext = createSecureContext({ ca: certificateAuthorities(env) });
  return { agent: new Agent({ ...options, secureContext }), request };
}

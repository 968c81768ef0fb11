import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { type Connection, ConnectionTable } from "./connection_table.ts";
import { errorAnswer } from "./error_answer.ts";
import type { ExchangeObserver } from "./exchange_outcome.ts";
import type { Client, HttpHandler } from "./http_exchange.ts";
import { DEFAULT_HTTP_LIMITS, type HttpLimits } from "./http_limits.ts";
import { HttpListener, type ListenerOptions } from "./http_listener.ts";
import { type Refusal, refusal } from "./refusal.ts";
import { refuseRequest } from "./request_check.ts";
import type { RequestIdResponse } from "./request_id_response.ts";
import { RequestIds } from "./request_ids.ts";
import { ServerExchange } from "./server_exchange.ts";

/** Whether a request is let in, and as whose. */
export type Authenticate = (request: IncomingMessage) => Admission | Promise<Admission>;
export type Admission = Client | Refusal;

/** Takes over the connection of a CONNECT request; `head` is what came behind it. */
export type ConnectListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** What a server is made of. */
export interface HttpServerOptions {
  /** Tried in turn. */
  readonly handlers: readonly HttpHandler[];
  readonly authenticate: Authenticate;
  readonly observe?: ExchangeObserver;
  /** CONNECT is refused if it is not given. */
  readonly onConnect?: ConnectListener;
  readonly limits?: Partial<HttpLimits>;
}

const STALL_CHECK_INTERVAL = 5_000;
const CONNECT_REFUSED =
  "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET, HEAD\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/** An HTTP/1.1 server for read-only protocols: any number of addresses, one list of handlers. */
export class HttpServer {
  readonly #handlers: readonly HttpHandler[];
  readonly #authenticate: Authenticate;
  readonly #observe: ExchangeObserver | undefined;
  readonly #onConnect: ConnectListener | undefined;
  readonly #limits: HttpLimits;
  readonly #connections: ConnectionTable;
  readonly #listeners = new Set<HttpListener>();
  readonly #ids = new RequestIds();
  #stallCheck: NodeJS.Timeout | undefined;
  #isClosing = false;

  constructor({ handlers, authenticate, observe, onConnect, limits }: HttpServerOptions) {
    this.#handlers = handlers;
    this.#authenticate = authenticate;
    this.#observe = observe;
    this.#onConnect = onConnect;
    this.#limits = { ...DEFAULT_HTTP_LIMITS, ...limits };
    this.#connections = new ConnectionTable(this.#limits);
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Requests that are being answered. */
  get requests(): number {
    return this.#connections.requests;
  }

  /**
   * Listens on one more address.
   *
   * @throws GomodfsError `BUSY` if something else listens there, `USAGE` if nothing can
   */
  async listen(options: ListenerOptions): Promise<HttpListener> {
    const listener = await HttpListener.open(options, this.#limits, {
      onConnection: (socket) => this.#connections.add(socket),
      onRequest: (request, response) => this.#receive(request, response),
      onConnect: (request, socket, head) => this.#connect(request, socket, head),
    });
    this.#listeners.add(listener);
    this.#startStallCheck();
    return listener;
  }

  /**
   * Takes no more connections, lets what is being answered come to its end, and ends all connections.
   *
   * @param grace milliseconds after which answers are cut off
   */
  async close({ grace }: { readonly grace: number }): Promise<void> {
    this.#isClosing = true;
    const closed = Promise.all(
      [...this.#listeners].map(async (listener) => await listener.close()),
    );
    this.#connections.endIdle();
    const end = new AbortController();
    const cutOff = sleep(grace, undefined, { signal: end.signal }).then(
      () => this.#connections.endAll(),
      () => {},
    );
    await closed;
    end.abort();
    await cutOff;
    clearInterval(this.#stallCheck);
  }

  #receive(request: IncomingMessage, response: RequestIdResponse): void {
    const connection = this.#connections.get(request.socket);
    if (connection === undefined) {
      request.socket.destroy();
      return;
    }
    response.requestId = this.#ids.next();
    // Closing has ended the idle connections; this one must be told.
    if (this.#isClosing) response.shouldKeepAlive = false;
    const exchange = new ServerExchange(request, response);
    response.once("close", () => this.#end(exchange, connection));
    const refused = this.#isOverloaded(connection)
      ? tooManyRequests()
      : refuseRequest(request, this.#limits, this.#mayHaveBody);
    this.#connections.beginRequest(connection);
    if (refused === undefined) this.#admit(exchange);
    else writeRefusal(response, refused);
  }

  readonly #mayHaveBody = (path: string): boolean =>
    this.#handlers.some((handler) => handler.mayHaveBody?.(path) === true);

  #isOverloaded(connection: Connection): boolean {
    return (
      this.#connections.requests >= this.#limits.requests ||
      connection.requests >= this.#limits.requestsOfConnection
    );
  }

  #admit(exchange: ServerExchange): void {
    try {
      const admission = this.#authenticate(exchange.request);
      if (admission instanceof Promise) this.#awaitAdmission(exchange, admission);
      else this.#enter(exchange, admission);
    } catch (error) {
      this.#fail(exchange, error);
    }
  }

  #awaitAdmission(exchange: ServerExchange, admission: Promise<Admission>): void {
    admission.then(
      (decided) => this.#enter(exchange, decided),
      (error: unknown) => this.#fail(exchange, error),
    );
  }

  #enter(exchange: ServerExchange, admission: Admission): void {
    if ("status" in admission) {
      writeRefusal(exchange.response, admission);
      return;
    }
    exchange.client = admission;
    this.#dispatch(exchange);
  }

  /** Without promises as long as no handler needs one: an answer that is ready goes out in the same turn. */
  #dispatch(exchange: ServerExchange, first = 0): void {
    try {
      for (let index = first; index < this.#handlers.length; index += 1) {
        const handler = this.#handlers[index];
        if (handler === undefined) break;
        // Before it is asked: what it throws is its own too.
        exchange.handler = handler.name;
        const isAnswered = handler.handle(exchange);
        if (isAnswered === false) continue;
        if (isAnswered !== true) this.#awaitAnswer(exchange, isAnswered, index);
        return;
      }
      exchange.handler = undefined;
      writeRefusal(exchange.response, refusal(404, "not found: nothing is served at this path"));
    } catch (error) {
      this.#fail(exchange, error);
    }
  }

  #awaitAnswer(exchange: ServerExchange, answer: Promise<boolean>, index: number): void {
    answer.then(
      (isAnswered) => {
        if (isAnswered) return;
        exchange.handler = undefined;
        this.#dispatch(exchange, index + 1);
      },
      (error: unknown) => this.#fail(exchange, error),
    );
  }

  #fail(exchange: ServerExchange, error: unknown): void {
    const { response } = exchange;
    exchange.error = error;
    // What was begun cannot be taken back: a body that is cut off is the only way to say so.
    if (response.headersSent) response.destroy();
    else writeRefusal(response, errorAnswer(error, exchange.id));
  }

  #end(exchange: ServerExchange, connection: Connection): void {
    const { response } = exchange;
    const isAborted = !response.writableFinished;
    if (isAborted) exchange.abort();
    const bytes = this.#connections.endRequest(connection);
    if (this.#isClosing && connection.requests === 0) connection.socket.end();
    this.#observe?.(exchange, {
      status: response.headersSent ? response.statusCode : 499,
      bytes,
      milliseconds: performance.now() - exchange.start,
      handler: exchange.handler,
      isAborted,
      error: exchange.error,
    });
  }

  #connect(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#onConnect === undefined || this.#isClosing) {
      socket.end(CONNECT_REFUSED);
      return;
    }
    this.#connections.release(request.socket);
    this.#onConnect(request, socket, head);
  }

  #startStallCheck(): void {
    const interval = Math.min(STALL_CHECK_INTERVAL, this.#limits.stallTime);
    this.#stallCheck ??= setInterval(() => this.#connections.endStalled(interval), interval);
    this.#stallCheck.unref();
  }
}

function tooManyRequests(): Refusal {
  return refusal(503, "too many requests are being answered: ask again", {
    "Retry-After": "1",
    Connection: "close",
  });
}

function writeRefusal(response: RequestIdResponse, { status, headers, text }: Refusal): void {
  if (response.destroyed) return;
  response.writeHead(status, { ...headers, "Content-Length": Buffer.byteLength(text) });
  response.end(text);
}

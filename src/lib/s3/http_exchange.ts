import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { GomodfsError, isGomodfsError } from "../gomodfs_error.ts";
import { networkError } from "../network_error.ts";
import { AnswerBody } from "./answer_body.ts";
import { cancelledError } from "./cancellation.ts";
import type { RequestBody } from "./request_body.ts";

/** Milliseconds. */
export interface ExchangeTimeouts {
  /** Until a connection is made, TLS included. */
  readonly connect: number;
  /** Between a sent request and its answer. */
  readonly firstByte: number;
  /** Between two pieces of a body, in either direction. */
  readonly stall: number;
}

/** What a server answered. */
export interface ServerAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Must be read to its end or destroyed. */
  readonly body: AnswerBody;
}

/** What is sent, and how messages call it. */
export interface SentRequest {
  readonly name: string;
  readonly body: RequestBody | undefined;
  readonly signal: AbortSignal | undefined;
}

/** One request and the head of its answer, each stage in bounded time. */
export class HttpExchange {
  readonly #sent: SentRequest;
  readonly #timeouts: ExchangeTimeouts;
  readonly #answered = Promise.withResolvers<ServerAnswer>();
  #timer: NodeJS.Timeout | undefined;
  #isAnswered = false;

  constructor(sent: SentRequest, timeouts: ExchangeTimeouts) {
    this.#sent = sent;
    this.#timeouts = timeouts;
  }

  /**
   * @param begin makes the request, without its body
   * @throws GomodfsError `UPSTREAM`, `TIMEOUT`, `CANCELLED`, and what the body throws
   */
  async run(begin: () => ClientRequest): Promise<ServerAnswer> {
    const { signal, name } = this.#sent;
    if (signal?.aborted) throw cancelledError(name, signal);
    const request = begin();
    const abort = (): void => this.#fail(request, cancelledError(name, signal));
    signal?.addEventListener("abort", abort, { once: true });
    try {
      return await this.#answer(request);
    } finally {
      clearTimeout(this.#timer);
      signal?.removeEventListener("abort", abort);
    }
  }

  #answer(request: ClientRequest): Promise<ServerAnswer> {
    const { promise, resolve, reject } = this.#answered;
    request.once("response", (message) => resolve(this.#accept(request, message)));
    // Stays: a request can fail after its answer has begun, and an error that nobody hears ends the process.
    request.on("error", (error) => {
      reject(isGomodfsError(error) ? error : networkError(this.#sent.name, error));
    });
    const { connect } = this.#timeouts;
    this.#startTimer(request, connect, `no connection after ${connect} ms`);
    request.once("socket", (socket) => this.#sendOnceConnected(request, socket));
    return promise;
  }

  #sendOnceConnected(request: ClientRequest, socket: Socket): void {
    const send = (): void => {
      clearTimeout(this.#timer);
      this.#send(request).catch((error: unknown) => {
        this.#fail(request, error instanceof Error ? error : new Error(String(error)));
      });
    };
    if (socket.connecting) socket.once("encrypted" in socket ? "secureConnect" : "connect", send);
    else send();
  }

  async #send(request: ClientRequest): Promise<void> {
    const { stall, firstByte } = this.#timeouts;
    for await (const piece of this.#sent.body?.open() ?? []) {
      if (request.destroyed) return;
      this.#startTimer(request, stall, `the server took nothing for ${stall} ms`);
      await written(request, piece);
      clearTimeout(this.#timer);
    }
    if (request.destroyed) return;
    if (!this.#isAnswered) this.#startTimer(request, firstByte, `no answer after ${firstByte} ms`);
    request.end();
  }

  #accept(request: ClientRequest, message: IncomingMessage): ServerAnswer {
    this.#isAnswered = true;
    // A refusal may come while the body is being sent; the rest of it is not wanted then.
    if (!request.writableFinished) message.once("close", () => request.destroy());
    return {
      status: message.statusCode ?? 0,
      headers: message.headers,
      body: new AnswerBody(message, {
        name: this.#sent.name,
        stallTimeout: this.#timeouts.stall,
        signal: this.#sent.signal,
      }),
    };
  }

  #startTimer(request: ClientRequest, milliseconds: number, reason: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#fail(request, new GomodfsError("TIMEOUT", `${this.#sent.name}: ${reason}`));
    }, milliseconds);
  }

  /** Node tells of a destroyed request only once it has a socket, and a proxy may keep it waiting for one. */
  #fail(request: ClientRequest, error: Error): void {
    this.#answered.reject(error);
    request.destroy(error);
  }
}

/** Fulfils when the system has taken a piece, whose memory may be used again then, or nothing will be taken any more. */
async function written(request: ClientRequest, piece: Uint8Array): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  request.once("close", resolve);
  request.write(piece, () => resolve());
  try {
    await promise;
  } finally {
    request.off("close", resolve);
  }
}

import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { destination, type Logger, pino } from "pino";
import { GomodfsError, isGomodfsError } from "../../lib/gomodfs_error.ts";
import type { ExchangeOutcome } from "../exchange_outcome.ts";
import type { HttpExchange } from "../http_exchange.ts";
import { redactedTarget, redactedText } from "./redacted_target.ts";

/** What an {@linkcode AccessLog} is made of. */
export interface AccessLogOptions {
  /** A file, which is made or appended to, or a descriptor: 1 and 2 are standard output and error. */
  readonly target: string | number;
  /** The share of requests that is written, from 0 to 1; all unless given. Failures (5xx) are always written. */
  readonly sample?: number;
  /** The address of whoever asks; that of the connection unless given. */
  readonly addressOf?: (request: IncomingMessage) => string | undefined;
  /** Numbers from 0 to 1. */
  readonly random?: () => number;
}

/** A destination of pino's, with what its types leave out. */
type LogDestination = ReturnType<typeof destination>;

/** Bytes that wait for a slow disk or reader; what comes then is dropped and counted. */
const MAX_WAITING_BYTES = 1024 * 1024;
/** Bytes that are written together, and milliseconds after which fewer are. */
const BATCH_BYTES = 4_096;
const FLUSH_INTERVAL = 1_000;
const CLOSE_TIME = 2_000;

/**
 * One line of JSON for each request, written in the background: whatever becomes of the log, requests do not wait for it.
 * No header is written but User-Agent, and no query.
 */
export class AccessLog implements AsyncDisposable {
  readonly #destination: LogDestination;
  readonly #log: Logger;
  readonly #sample: number;
  readonly #addressOf: (request: IncomingMessage) => string | undefined;
  readonly #random: () => number;
  #dropped = 0;

  private constructor(options: AccessLogOptions, output: LogDestination) {
    this.#destination = output;
    this.#sample = options.sample ?? 1;
    this.#random = options.random ?? Math.random;
    this.#addressOf = options.addressOf ?? (({ socket }) => socket.remoteAddress);
    this.#destination.on("drop", () => (this.#dropped += 1));
    // A disk that is full, a reader that is gone: a server does not end for its log.
    this.#destination.on("error", () => (this.#dropped += 1));
    this.#log = pino(
      {
        base: null,
        timestamp: () => `,"time":"${new Date().toISOString()}"`,
        formatters: { level: (label) => ({ level: label }) },
      },
      this.#destination,
    );
  }

  /**
   * Opens the log.
   *
   * @throws GomodfsError `USAGE` if the file cannot be opened
   */
  static async open(options: AccessLogOptions): Promise<AccessLog> {
    const output = destination({
      dest: options.target,
      sync: false,
      mkdir: true,
      minLength: BATCH_BYTES,
      maxLength: MAX_WAITING_BYTES,
      periodicFlush: FLUSH_INTERVAL,
    });
    try {
      if (typeof options.target === "string") await once(output, "ready");
    } catch (cause) {
      throw new GomodfsError("USAGE", `cannot open the access log ${options.target}`, {
        hint: "name a file that you may write to",
        cause,
      });
    }
    return new AccessLog(options, output);
  }

  /** Lines that were not written. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Writes of an exchange that has ended. An {@linkcode ExchangeObserver}. */
  readonly observe = (exchange: HttpExchange, outcome: ExchangeOutcome): void => {
    const isChosen = outcome.status >= 500 || this.#sample >= 1 || this.#random() < this.#sample;
    if (isChosen) this.#log.info(this.#line(exchange, outcome));
  };

  /** Opens the file anew, after it was moved away (SIGHUP). */
  reopen(): void {
    this.#destination.reopen();
  }

  /** Writes what is waiting. */
  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#destination, "close", { signal: AbortSignal.timeout(CLOSE_TIME) });
    this.#destination.end();
    // What a reader does not take in that time is lost.
    await ended.catch(() => this.#destination.destroy());
  }

  #line(exchange: HttpExchange, outcome: ExchangeOutcome): object {
    const { request, id, path, client } = exchange;
    const { "user-agent": userAgent } = request.headers;
    const { status, bytes, milliseconds, handler, isAborted, error } = outcome;
    return {
      id,
      client: client.name,
      address: this.#addressOf(request),
      method: redactedText(request.method ?? ""),
      path: redactedTarget(path, request.url ?? ""),
      status,
      bytes,
      ms: Math.round(milliseconds * 100) / 100,
      handler,
      userAgent: userAgent === undefined ? undefined : redactedText(userAgent),
      aborted: isAborted || undefined,
      error: error === undefined ? undefined : describeFailure(error),
    };
  }
}

/** Whole only for errors of ours, whose messages never hold credentials. */
function describeFailure(error: unknown): string {
  if (isGomodfsError(error)) return redactedText(`${error.code}: ${error.message}`);
  return error instanceof Error ? redactedText(error.stack ?? error.message) : "unknown";
}

import { GomodfsError } from "../lib/gomodfs_error.ts";
import { cancelled } from "../lib/request_queue.ts";

/** Milliseconds. */
export interface HttpTimeouts {
  /** Until a connection is made, TLS included. */
  readonly connect: number;
  /** Between a sent request and its answer, and between two pieces of the answer. */
  readonly idle: number;
  /** For the whole, with redirects, further attempts and the waits between them. */
  readonly total: number;
}

/**
 * For registries. A proxy may fetch a module from version control before it answers, which takes its time; cmd/go
 * itself waits for ever.
 */
export const defaultHttpTimeouts: HttpTimeouts = {
  connect: 15_000,
  idle: 90_000,
  total: 900_000,
};

/** What a {@linkcode ExchangeWatch} watches. */
export interface WatchedExchange {
  /** How messages call it: `GET https://host/path`. */
  readonly name: string;
  readonly timeouts: HttpTimeouts;
  /** Milliseconds left of `timeouts.total`. */
  readonly remaining: number;
  readonly signal: AbortSignal | undefined;
}

/** What a {@linkcode ExchangeWatch} ends: a connection, or the attempt to make one. */
export interface WatchedStage {
  destroy(reason: GomodfsError): void;
}

/** Ends a request that takes too long or that nobody wants any longer, and remembers why it did. */
export class ExchangeWatch implements Disposable {
  readonly #exchange: WatchedExchange;
  readonly #totalTimer: NodeJS.Timeout;
  #stage: WatchedStage | undefined;
  #stageTimer: NodeJS.Timeout | undefined;
  #paused = false;
  #reason: GomodfsError | undefined;

  constructor(exchange: WatchedExchange) {
    this.#exchange = exchange;
    const { timeouts, remaining, signal } = exchange;
    this.#totalTimer = this.#timer(remaining, `is not complete after ${timeouts.total} ms`);
    signal?.addEventListener("abort", this.#abort);
    if (signal?.aborted) this.#abort();
  }

  /** Why the request was ended, if it was. */
  get reason(): GomodfsError | undefined {
    return this.#reason;
  }

  /** A connection is waited for. */
  connecting(attempt: WatchedStage): void {
    const { connect } = this.#exchange.timeouts;
    this.#begin(attempt, this.#timer(connect, `got no connection in ${connect} ms`));
  }

  /** There is a connection, and the answer is waited for. */
  connected(connection: WatchedStage): void {
    const { idle } = this.#exchange.timeouts;
    const isIdle = (): boolean => !this.#paused;
    this.#begin(connection, this.#timer(idle, `got nothing for ${idle} ms`, isIdle));
  }

  /** Something has arrived. */
  progress(): void {
    this.#stageTimer?.refresh();
  }

  /** Waits for our own side: that nothing arrives meanwhile is not the server's doing. */
  async paused(wait: Promise<void>): Promise<void> {
    this.#paused = true;
    try {
      await wait;
    } finally {
      this.#paused = false;
      this.#stageTimer?.refresh();
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#totalTimer);
    clearTimeout(this.#stageTimer);
    this.#exchange.signal?.removeEventListener("abort", this.#abort);
  }

  #begin(stage: WatchedStage, timer: NodeJS.Timeout): void {
    clearTimeout(this.#stageTimer);
    this.#stage = stage;
    this.#stageTimer = timer;
    if (this.#reason !== undefined) stage.destroy(this.#reason);
  }

  /** @param holds whether the complaint holds, asked when the time is up */
  #timer(milliseconds: number, complaint: string, holds = () => true): NodeJS.Timeout {
    return setTimeout(() => {
      if (!holds()) return;
      this.#end(new GomodfsError("TIMEOUT", `${this.#exchange.name} ${complaint}`));
    }, milliseconds);
  }

  readonly #abort = (): void => {
    this.#end(cancelled(this.#exchange.signal));
  };

  #end(reason: GomodfsError): void {
    this.#reason ??= reason;
    this.#stage?.destroy(this.#reason);
  }
}

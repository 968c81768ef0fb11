import type { Socket } from "node:net";
import { Connection, connectionClosed, type ReadCallback } from "./connection.ts";

/** What {@linkcode OriginConnections} are made of. */
export interface OriginConnectionsOptions {
  /** Connections at once; who wants one more waits. */
  readonly limit: number;
  /** Milliseconds after which a connection is closed that nobody used; up to twice as long in practice. */
  readonly idleTimeout: number;
  readonly dial: (read: ReadCallback, signal: AbortSignal) => Promise<Socket>;
}

interface IdleConnection {
  readonly connection: Connection;
  /** `performance.now()` */
  readonly since: number;
}

/** Given a connection, or the right to open one. */
type Waiter = (connection: Connection | undefined) => void;

/** The connections to one origin: a bounded number, used again, closed when idle. */
export class OriginConnections {
  readonly #options: OriginConnectionsOptions;
  readonly #connections = new Set<Connection>();
  /** The one used last is taken first, so that those too many become old. */
  #idle: IdleConnection[] = [];
  readonly #waiting = new Set<Waiter>();
  readonly #closing = new AbortController();
  /** Connections, and those about to be. */
  #used = 0;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(options: OriginConnectionsOptions) {
    this.#options = options;
  }

  /** Whether there is none, and nobody wants one. */
  get isUnused(): boolean {
    return this.#used === 0;
  }

  /** A connection that waits for its next request, to be released later; undefined if there is none. */
  takeIdle(): Connection | undefined {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (!idle.connection.isIdle) continue;
      idle.connection.setReferenced(true);
      return idle.connection;
    }
    return undefined;
  }

  /**
   * A connection, to be released later: an idle one, a new one, or, when there are as many as may be, the next that is
   * released.
   *
   * @throws what the dialer throws, and the signal's reason
   */
  async connect(signal: AbortSignal): Promise<Connection> {
    const idle = this.takeIdle();
    if (idle !== undefined) return idle;
    const either = AbortSignal.any([signal, this.#closing.signal]);
    either.throwIfAborted();
    if (this.#used < this.#options.limit) this.#used += 1;
    else {
      const released = await this.#wait(either);
      if (released !== undefined) return released;
    }
    return await this.#open(either);
  }

  /** Gives a connection back, whatever has become of it. */
  release(connection: Connection): void {
    if (!connection.isIdle) return;
    const [waiter] = this.#waiting;
    if (waiter !== undefined) {
      waiter(connection);
      return;
    }
    connection.setReferenced(false);
    this.#idle.push({ connection, since: performance.now() });
    this.#startIdleTimer();
  }

  /** Closes all, busy ones too. */
  close(): void {
    this.#closing.abort(connectionClosed());
    clearTimeout(this.#idleTimer);
    for (const connection of this.#connections) connection.destroy();
  }

  #wait(signal: AbortSignal): Promise<Connection | undefined> {
    return new Promise((resolve, reject) => {
      const abandon = (): void => {
        this.#waiting.delete(waiter);
        reject(signal.reason);
      };
      const waiter: Waiter = (connection) => {
        this.#waiting.delete(waiter);
        signal.removeEventListener("abort", abandon);
        resolve(connection);
      };
      signal.addEventListener("abort", abandon, { once: true });
      this.#waiting.add(waiter);
    });
  }

  async #open(signal: AbortSignal): Promise<Connection> {
    try {
      const connection = await Connection.open(
        async (read) => await this.#options.dial(read, signal),
      );
      this.#connections.add(connection);
      connection.onClose(() => this.#forget(connection));
      return connection;
    } catch (error) {
      this.#giveUpPlace();
      throw error;
    }
  }

  #forget(connection: Connection): void {
    this.#connections.delete(connection);
    this.#idle = this.#idle.filter((idle) => idle.connection !== connection);
    this.#giveUpPlace();
  }

  #giveUpPlace(): void {
    const [waiter] = this.#waiting;
    // The place is the waiter's now: it stays counted, and nobody may take it in between.
    if (waiter !== undefined) waiter(undefined);
    else this.#used -= 1;
  }

  #startIdleTimer(): void {
    this.#idleTimer ??= setTimeout(() => this.#closeIdle(), this.#options.idleTimeout).unref();
  }

  #closeIdle(): void {
    this.#idleTimer = undefined;
    const before = performance.now() - this.#options.idleTimeout;
    const old = this.#idle.filter(({ since }) => since <= before);
    this.#idle = this.#idle.filter(({ since }) => since > before);
    for (const { connection } of old) connection.destroy();
    if (this.#idle.length > 0) this.#startIdleTimer();
  }
}

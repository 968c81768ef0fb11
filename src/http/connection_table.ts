import type { Duplex } from "node:stream";
import type { HttpLimits } from "./http_limits.ts";

/** What the table needs of a connection: a net.Socket or tls.TLSSocket. */
export type ConnectionSocket = Duplex & { readonly bytesWritten: number };

/** A connection and what it is doing. */
export interface Connection {
  readonly socket: ConnectionSocket;
  /** Requests that are being answered. */
  requests: number;
  /** Bytes written to it when the last answer ended. */
  answeredBytes: number;
  /** Milliseconds in which the server waited for the client to take in what it is sent now. */
  stalledTime: number;
  /** Whether it was waiting when last looked at. */
  isStalling: boolean;
}

type ConnectionLimits = Pick<
  HttpLimits,
  "connections" | "idleConnections" | "stallTime" | "bytesPerSecond"
>;

/**
 * The connections of a server, so that clients that only hold on to them cost little: those idle longest make room for
 * new ones, and those that do not take in what they asked for are ended.
 */
export class ConnectionTable {
  readonly #limits: ConnectionLimits;
  readonly #connections = new Map<ConnectionSocket, Connection>();
  /** Idle ones, those idle longest first. */
  readonly #idle = new Set<Connection>();
  readonly #busy = new Set<Connection>();
  #requests = 0;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#connections.size;
  }

  /** Requests that are being answered on all of them. */
  get requests(): number {
    return this.#requests;
  }

  /** Takes a new connection in, or ends it if there are too many and none is idle. */
  add(socket: ConnectionSocket): void {
    if (this.#connections.size >= this.#limits.connections && !this.#endLongestIdle()) {
      socket.destroy();
      return;
    }
    const connection: Connection = {
      socket,
      requests: 0,
      answeredBytes: 0,
      stalledTime: 0,
      isStalling: false,
    };
    this.#connections.set(socket, connection);
    this.#keepIdle(connection);
    socket.once("close", () => this.#remove(connection));
  }

  /** The connection that a request came on; undefined if it has ended meanwhile. */
  get(socket: ConnectionSocket): Connection | undefined {
    return this.#connections.get(socket);
  }

  beginRequest(connection: Connection): void {
    this.#requests += 1;
    connection.requests += 1;
    if (connection.requests > 1) return;
    this.#idle.delete(connection);
    this.#busy.add(connection);
  }

  /** @returns bytes written for the request */
  endRequest(connection: Connection): number {
    this.#requests -= 1;
    connection.requests -= 1;
    const { bytesWritten } = connection.socket;
    const bytes = bytesWritten - connection.answeredBytes;
    connection.answeredBytes = bytesWritten;
    connection.stalledTime = 0;
    if (connection.requests === 0) {
      this.#busy.delete(connection);
      if (this.#connections.has(connection.socket)) this.#keepIdle(connection);
    }
    return bytes;
  }

  /** Lets go of a connection that is no longer one of HTTP: it counts, but is neither idle nor slow. */
  release(socket: ConnectionSocket): void {
    const connection = this.#connections.get(socket);
    if (connection !== undefined) this.#idle.delete(connection);
  }

  /**
   * Ends the connections whose clients let the server wait for too long. A client has its time if it goes on taking in
   * what it is sent, so that one byte now and then does not keep a connection, and the memory behind it, for ever.
   *
   * @param elapsed milliseconds since the last call
   */
  endStalled(elapsed: number): void {
    const { stallTime, bytesPerSecond } = this.#limits;
    for (const connection of this.#busy) {
      const { socket, answeredBytes, isStalling } = connection;
      connection.isStalling = socket.writableLength > 0;
      if (!isStalling || !connection.isStalling) continue;
      connection.stalledTime += elapsed;
      const earned = ((socket.bytesWritten - answeredBytes) / bytesPerSecond) * 1_000;
      if (connection.stalledTime > stallTime + earned) socket.destroy();
    }
  }

  endIdle(): void {
    for (const { socket } of this.#idle) socket.destroy();
  }

  endAll(): void {
    for (const socket of this.#connections.keys()) socket.destroy();
  }

  #keepIdle(connection: Connection): void {
    this.#idle.add(connection);
    if (this.#idle.size > this.#limits.idleConnections) this.#endLongestIdle();
  }

  #endLongestIdle(): boolean {
    for (const connection of this.#idle) {
      // Destroying tells of it later; by then more may have come.
      this.#remove(connection);
      connection.socket.destroy();
      return true;
    }
    return false;
  }

  #remove(connection: Connection): void {
    this.#connections.delete(connection.socket);
    this.#idle.delete(connection);
    if (connection.requests === 0) this.#busy.delete(connection);
  }
}

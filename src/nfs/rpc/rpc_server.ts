import { createServer, type Server, type Socket } from "node:net";
import { ConnectionTable } from "../../http/connection_table.ts";
import { type ListenTarget, listenOn } from "../../http/listen_target.ts";
import { plainAddress } from "../../lib/address_list.ts";
import type { NfsLimits } from "../nfs_limits.ts";
import { RpcConnection } from "./rpc_connection.ts";
import { RpcDispatcher } from "./rpc_dispatcher.ts";
import type { RpcProgram } from "./rpc_program.ts";
import { ServerLoad } from "./server_load.ts";

/** What an {@linkcode RpcServer} is made of. */
export interface RpcServerOptions {
  readonly programs: readonly RpcProgram[];
  readonly limits: NfsLimits;
  /** Whether a client of this address may connect. */
  readonly isAllowed: (address: string) => boolean;
  /** Is told why a client's connection was ended, or what a program threw. */
  readonly onError: (error: unknown, address: string) => void;
}

/** How a server does. */
export interface RpcStatistics {
  readonly connections: number;
  /** Connections of clients that may not connect. */
  readonly refusedConnections: number;
  /** Connections that were ended because of what came on them. */
  readonly brokenConnections: number;
  /** Calls answered. */
  readonly calls: number;
  /** Calls that wait for what is being fetched. */
  readonly waiting: number;
  /** Bytes of replies that clients have not taken in. */
  readonly queuedBytes: number;
}

const SWEEP_INTERVAL = 2_000;
const KEEP_ALIVE_DELAY = 60_000;

/** Serves programs of ONC RPC over TCP (RFC 5531), all of them on each port that it listens on. */
export class RpcServer {
  readonly #options: RpcServerOptions;
  readonly #dispatcher: RpcDispatcher;
  readonly #table: ConnectionTable;
  readonly #load = new ServerLoad();
  readonly #connections = new Map<Socket, RpcConnection>();
  readonly #servers: Server[] = [];
  readonly #sweeper: NodeJS.Timeout;
  #refused = 0;

  constructor(options: RpcServerOptions) {
    this.#options = options;
    this.#dispatcher = new RpcDispatcher(options.programs, (error, { address }) =>
      options.onError(error, address),
    );
    this.#table = new ConnectionTable(options.limits);
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_INTERVAL).unref();
  }

  /**
   * @returns the port that it listens on
   * @throws GomodfsError `BUSY` if something else listens there, `USAGE` if nothing can
   */
  async listen(target: ListenTarget): Promise<number> {
    const server = createServer(
      { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_DELAY },
      (socket) => this.#accept(socket),
    );
    await listenOn(server, target);
    this.#servers.push(server);
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  statistics(): RpcStatistics {
    const { waiting, queuedBytes, calls, brokenConnections } = this.#load;
    return {
      connections: this.#table.size,
      refusedConnections: this.#refused,
      brokenConnections,
      calls,
      waiting,
      queuedBytes,
    };
  }

  /** Ends all connections: clients connect again when a server is there again. */
  async close(): Promise<void> {
    clearInterval(this.#sweeper);
    const closed = this.#servers.map(async (server) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      await promise;
    });
    this.#table.endAll();
    await Promise.all(closed);
  }

  #accept(socket: Socket): void {
    const { isAllowed, limits, onError } = this.#options;
    const address = plainAddress(socket.remoteAddress ?? "");
    if (!isAllowed(address)) {
      this.#refused += 1;
      socket.destroy();
      return;
    }
    this.#table.add(socket);
    const connection = this.#table.get(socket);
    if (connection === undefined) return;
    const rpc = new RpcConnection({
      socket,
      connection,
      table: this.#table,
      dispatcher: this.#dispatcher,
      load: this.#load,
      limits,
      caller: { address },
      onBroken: (error) => onError(error, address),
    });
    this.#connections.set(socket, rpc);
    socket.once("close", () => this.#connections.delete(socket));
  }

  #sweep(): void {
    this.#table.endStalled(SWEEP_INTERVAL);
    const now = performance.now();
    for (const connection of this.#connections.values()) connection.endIfIncomplete(now);
  }
}

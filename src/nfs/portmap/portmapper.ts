import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import type { ListenTarget } from "../../http/listen_target.ts";
import { AddressList, plainAddress } from "../../lib/address_list.ts";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import type { Logger } from "../../lib/logger.ts";
import { LOCK_PROGRAM, LOCK_V4 } from "../locks/lock_program.ts";
import { MOUNT_PROGRAM, MOUNT_V3 } from "../mount/mount_program.ts";
import { DEFAULT_NFS_LIMITS } from "../nfs_limits.ts";
import { RECORD_MARK_SIZE } from "../rpc/record_mark.ts";
import { RpcDispatcher } from "../rpc/rpc_dispatcher.ts";
import { RpcServer } from "../rpc/rpc_server.ts";
import { NFS_PROGRAM, NFS_V3 } from "../v3/nfs_constants.ts";
import { PortmapProgram } from "./portmap_program.ts";

/** What a {@linkcode Portmapper} is made of. */
export interface PortmapperOptions {
  /** The port on which NFS, MOUNT and NLM are. */
  readonly nfsPort: number;
  /** Addresses and networks of clients that may ask; everybody if not given. */
  readonly clients?: readonly string[] | undefined;
  readonly log: Logger;
}

/** Who asks for a port once and goes on there. */
const LIMITS = { ...DEFAULT_NFS_LIMITS, connections: 64, idleConnections: 16, recordBytes: 1_024 };

/**
 * Tells clients that insist on a portmapper (RFC 1833), as Windows does, where NFS is: over TCP and UDP. Its port, 111,
 * is one that needs privilege, and that rpcbind has where it runs.
 */
export class Portmapper {
  readonly #server: RpcServer;
  readonly #dispatcher: RpcDispatcher;
  readonly #isAllowed: (address: string) => boolean;
  #datagrams: Socket | undefined;

  /** @throws GomodfsError `USAGE` for clients that are neither addresses nor networks */
  constructor({ nfsPort, clients, log }: PortmapperOptions) {
    const program = new PortmapProgram([
      { program: NFS_PROGRAM, version: NFS_V3, port: nfsPort },
      { program: MOUNT_PROGRAM, version: MOUNT_V3, port: nfsPort },
      { program: LOCK_PROGRAM, version: LOCK_V4, port: nfsPort },
    ]);
    const allowed = clients === undefined ? undefined : new AddressList(clients);
    this.#isAllowed = (address) => allowed?.has(address) ?? true;
    const onError = (error: unknown, address: string): void =>
      log.debug(`portmapper: trouble with ${address}`, { error });
    const programs = [program];
    this.#server = new RpcServer({
      programs,
      limits: LIMITS,
      isAllowed: this.#isAllowed,
      onError,
    });
    this.#dispatcher = new RpcDispatcher(programs, (error, { address }) => onError(error, address));
  }

  /**
   * Listens at the same port of TCP and UDP.
   *
   * @returns the port
   * @throws GomodfsError `BUSY` if something else listens there, `USAGE` if nothing can
   */
  async listen(target: Extract<ListenTarget, { kind: "tcp" }>): Promise<number> {
    const port = await this.#server.listen(target);
    try {
      this.#datagrams = await bind(target.host, port);
    } catch (cause) {
      await this.close();
      throw new GomodfsError("USAGE", `cannot listen on port ${port} of UDP`, { cause });
    }
    this.#datagrams.on("message", (message, from) => this.#answer(message, from));
    this.#datagrams.on("error", () => {}); // of a datagram that could not be sent: it is lost, as they may be
    return port;
  }

  async close(): Promise<void> {
    this.#datagrams?.close();
    this.#datagrams = undefined;
    await this.#server.close();
  }

  /** Answers a datagram, which is one call; what is no call gets no answer. */
  #answer(message: Buffer, { address, port }: RemoteInfo): void {
    if (message.length > LIMITS.recordBytes || !this.#isAllowed(address)) return;
    try {
      const reply = this.#dispatcher.dispatch(
        message,
        { address: plainAddress(address) },
        undefined,
      );
      if ("begin" in reply) return;
      this.#datagrams?.send(reply.head.subarray(RECORD_MARK_SIZE), port, address);
    } catch (error) {
      if (!(error instanceof GomodfsError)) throw error;
    }
  }
}

async function bind(host: string | undefined, port: number): Promise<Socket> {
  const isFour = host !== undefined && !host.includes(":");
  const socket = createSocket({ type: isFour ? "udp4" : "udp6" });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once("error", reject);
  socket.bind({ port, ...(host === undefined ? {} : { address: host }) }, resolve);
  await promise;
  socket.off("error", reject);
  return socket;
}

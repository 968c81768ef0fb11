import type { ListenTarget } from "../http/listen_target.ts";
import { AddressList } from "../lib/address_list.ts";
import type { Logger } from "../lib/logger.ts";
import { VirtualFileSystem } from "../tree/virtual_file_system.ts";
import type { VirtualTree } from "../tree/virtual_tree.ts";
import type { Want } from "../tree/want.ts";
import { LockProgram } from "./locks/lock_program.ts";
import { MountProgram } from "./mount/mount_program.ts";
import { DEFAULT_NFS_LIMITS, type NfsLimits } from "./nfs_limits.ts";
import { RpcServer, type RpcStatistics } from "./rpc/rpc_server.ts";
import { FileHandles } from "./v3/file_handles.ts";
import { LongNames } from "./v3/long_names.ts";
import { NfsCounters, type NfsCounts } from "./v3/nfs_counters.ts";
import { NfsProgram } from "./v3/nfs_program.ts";

/** What an {@linkcode NfsServer} is made of. */
export interface NfsServerOptions {
  /** What is exported: over {@linkcode ExportedModules} if that is not all. */
  readonly tree: VirtualTree;
  /** Sees to it that something is resident, or throws why it cannot be. */
  readonly fetch: (want: Want) => Promise<void>;
  /** See {@linkcode handleKey}. */
  readonly handleKey: Uint8Array;
  /** Addresses and networks of clients that may connect; everybody if not given. */
  readonly clients?: readonly string[] | undefined;
  readonly limits?: Partial<NfsLimits>;
  readonly log: Logger;
}

/** How a server does, and what it was asked for. */
export interface NfsStatistics {
  readonly rpc: RpcStatistics;
  readonly nfs: NfsCounts;
}

/**
 * The virtual GOMODCACHE over NFS version 3: MOUNT, NFS and NLM over TCP on one port, without a portmapper. Read-only.
 */
export class NfsServer {
  readonly #counters = new NfsCounters();
  readonly #server: RpcServer;

  /** @throws GomodfsError `USAGE` for clients that are neither addresses nor networks */
  constructor({ tree, fetch, handleKey, clients, limits, log }: NfsServerOptions) {
    const files = new VirtualFileSystem(tree);
    const handles = new FileHandles(handleKey, new LongNames(tree));
    const allowed = clients === undefined ? undefined : new AddressList(clients);
    this.#server = new RpcServer({
      programs: [
        new NfsProgram({ files, handles, counters: this.#counters, fetch }),
        new MountProgram({ files, handles, fetch }),
        new LockProgram(),
      ],
      limits: { ...DEFAULT_NFS_LIMITS, ...limits },
      isAllowed: (address) => allowed?.has(address) ?? true,
      onError: (error, address) => log.warn(`NFS: trouble with ${address}`, { error }),
    });
  }

  /**
   * Listens on one more address.
   *
   * @returns the port
   * @throws GomodfsError `BUSY` if something else listens there, `USAGE` if nothing can
   */
  async listen(target: ListenTarget): Promise<number> {
    return await this.#server.listen(target);
  }

  statistics(): NfsStatistics {
    return { rpc: this.#server.statistics(), nfs: this.#counters.get() };
  }

  /** Ends all connections. Clients wait until there is a server again, and go on where they were. */
  async close(): Promise<void> {
    await this.#server.close();
  }
}

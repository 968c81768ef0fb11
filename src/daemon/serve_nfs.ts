import type { ListenTarget } from "../http/listen_target.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { Logger } from "../lib/logger.ts";
import type { ModulePath } from "../module/module_version.ts";
import type { NfsLimits } from "../nfs/nfs_limits.ts";
import { NfsServer, type NfsStatistics } from "../nfs/nfs_server.ts";
import { handleKey } from "../nfs/v3/handle_key.ts";
import { StoredFiles } from "../sumdb/stored_files.ts";
import { ExportedModules } from "../tree/exported_modules.ts";
import { VirtualTree } from "../tree/virtual_tree.ts";
import type { Want } from "../tree/want.ts";
import type { ModuleService } from "./module_service.ts";
import { refreshSoon } from "./refresh_soon.ts";
import type { StoreLocation } from "./store_location.ts";
import { WantFetcher } from "./want_fetcher.ts";

/** What to export over NFS, and to whom. */
export interface ServeNfsOptions {
  readonly service: ModuleService;
  readonly location: StoreLocation;
  readonly log: Logger;
  readonly targets: readonly ListenTarget[];
  /** Addresses and networks of clients that may connect; everybody if not given. */
  readonly clients?: readonly string[] | undefined;
  /** Whether guests may have a module; all if not given. Of others they are told that there are none. */
  readonly isExported?: ((path: ModulePath) => boolean) | undefined;
  readonly limits?: Partial<NfsLimits>;
}

/** A GOMODCACHE that guests can mount. */
export interface ServedNfs {
  /** The port of each target, in their order. */
  readonly ports: readonly number[];
  readonly statistics: () => NfsStatistics;
  /** Ends the connections of clients. The service stays open. */
  close(): Promise<void>;
}

/**
 * Serves the virtual GOMODCACHE over NFS.
 *
 * @throws GomodfsError `BUSY` if something else listens at a target, `USAGE` if nothing can, or for clients that are
 * none, `STORE` if the key of file handles cannot be read or made
 */
export async function serveNfs(options: ServeNfsOptions): Promise<ServedNfs> {
  const { service, location, log, targets, clients, isExported = () => true, limits } = options;
  const { cache, database } = service;
  const reader = new ExportedModules(service.store, isExported);
  const tree = new VirtualTree(reader, new StoredFiles(location.checksums));
  const fetcher = new WantFetcher(cache, database);
  const server = new NfsServer({
    tree,
    fetch: async (want) => {
      refuseUnexported(want, isExported);
      const arriving = await fetcher.fetch(want);
      if (arriving !== undefined) tree.accept(arriving.id, arriving.file, arriving.content);
    },
    handleKey: await handleKey(location.state),
    clients,
    ...(limits === undefined ? {} : { limits }),
    log,
  });
  cache.onResident(refreshSoon(tree));
  try {
    const ports: number[] = [];
    for (const target of targets) ports.push(await server.listen(target));
    return {
      ports,
      statistics: () => server.statistics(),
      close: async () => await server.close(),
    };
  } catch (error) {
    await server.close();
    throw error;
  }
}

function refuseUnexported(want: Want, isExported: (path: ModulePath) => boolean): void {
  if (want.kind === "tile" || isExported(want.id.path)) return;
  throw new GomodfsError("FORBIDDEN", `${want.id.path} is not exported`);
}

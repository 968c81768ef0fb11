import type { Configuration } from "../config/configuration.ts";
import type { ModuleService } from "../daemon/module_service.ts";
import { type ServedNfs, serveNfs } from "../daemon/serve_nfs.ts";
import type { StoreLocation } from "../daemon/store_location.ts";
import { formatListenAddress, type ListenAddress, reachOf } from "../http/access/listen_address.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { Logger } from "../lib/logger.ts";
import type { InheritedSocket } from "../lib/socket_activation.ts";
import type { ModulePath } from "../module/module_version.ts";
import { matchPrefixPatterns } from "../module/prefix_patterns.ts";
import { targetsOf } from "./listeners.ts";

/** What an NFS front end is made of. */
export interface NfsFrontOptions {
  readonly configuration: Pick<Configuration, "nfs" | "http">;
  readonly service: ModuleService;
  readonly location: StoreLocation;
  readonly log: Logger;
  /** Sockets of the service manager. */
  readonly inherited: readonly InheritedSocket[];
}

/**
 * Exports the GOMODCACHE over NFS, as a configuration says.
 *
 * @throws GomodfsError `USAGE` for an address that others can reach without a list of clients, and as {@linkcode serveNfs}
 */
export async function startNfs(options: NfsFrontOptions): Promise<ServedNfs> {
  const { configuration, service, location, log, inherited } = options;
  const { listen, clients, modules } = configuration.nfs;
  for (const address of listen) checkClients(address, clients);
  const isPrivate = globber(configuration.http.private);
  const isChosen = modules && globber(modules);
  return await serveNfs({
    service,
    location,
    log,
    targets: listen.flatMap((address) => targetsOf(address, inherited)),
    clients,
    isExported: isChosen ?? ((path) => !isPrivate(path)),
  });
}

/** NFS has no credentials worth the name (AUTH_SYS says what the client likes): addresses are all there is. */
function checkClients(address: ListenAddress, clients: readonly string[] | undefined): void {
  if (clients !== undefined || reachOf(address) === "loopback") return;
  throw new GomodfsError(
    "USAGE",
    `${formatListenAddress(address)} can be reached from other machines, and NFS asks nobody who they are`,
    { hint: "name the clients that may connect with --nfs-clients NETWORK or nfs.clients" },
  );
}

function globber(patterns: readonly string[]): (path: ModulePath) => boolean {
  const globs = patterns.join(",");
  return (path) => matchPrefixPatterns(globs, path);
}

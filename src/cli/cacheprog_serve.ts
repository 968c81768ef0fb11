import { DiskTier } from "../buildcache/disk/disk_tier.ts";
import { LiveSessions } from "../buildcache/disk/live_sessions.ts";
import { BuildCacheServer } from "../buildcache/server/build_cache_server.ts";
import { ByteBudget } from "../buildcache/server/byte_budget.ts";
import { type CacheAddress, parseCacheAddress } from "../buildcache/server/cache_address.ts";
import { loadPeerUser } from "../buildcache/server/peer_user.ts";
import {
  parseWritePermission,
  type WritePermission,
} from "../buildcache/server/write_permission.ts";
import { describeTarget } from "../http/listen_target.ts";
import type { Logger } from "../lib/logger.ts";
import { createLogger } from "../lib/pino_logger.ts";
import type { ServingProcess } from "../serve/serving_process.ts";
import { wrong } from "./cacheprog_arguments.ts";
import { collectInBackground } from "./cacheprog_collection.ts";
import type { CacheprogSettings } from "./cacheprog_settings.ts";
import { openSharedCache } from "./cacheprog_shared_cache.ts";
import { EXIT_DONE } from "./exit_code.ts";
import { Interruption } from "./interruption.ts";

/** Untrusted builds together may make this many times what one of them may. */
const GUESTS = 8;

/** Runs `gomodfs cacheprog serve` until a signal ends it. @throws GomodfsError `USAGE`, `BUSY`, `UNSUPPORTED` */
export async function runServe(settings: CacheprogSettings): Promise<number> {
  if (settings.plugin === undefined) throw wrong("serve wants --plugin with an address");
  const isHttpWanted =
    settings.modproxy || settings.revproxy.length > 0 || settings.sumdb.length > 0;
  if (settings.http === undefined && isHttpWanted) {
    throw wrong("--modproxy, --revproxy and --sumdb want --http with an address");
  }
  const log = createLogger({ level: logLevel(settings), format: "text" });
  using interruption = new Interruption();
  const http = await startHttp(settings, log);
  const server = await startServer(listenAddress(settings), settings, log);
  const serving = http?.run(interruption.signal);
  log.info(`serving build caches at ${describeTarget(server.address)}`, {
    directory: settings.cacheDirectory,
  });
  await aborted(interruption.signal);
  log.info("ending after the builds under way");
  await Promise.all([server.close(), serving]);
  if (settings.metrics || settings.verbose) {
    process.stderr.write(`${JSON.stringify(server.statistics())}\n`);
  }
  return EXIT_DONE;
}

async function startServer(
  address: CacheAddress,
  settings: CacheprogSettings,
  log: Logger,
): Promise<BuildCacheServer> {
  const permission = writePermission(settings);
  const tier = new DiskTier(settings.cacheDirectory);
  const { privateSize, closeTimeout } = settings;
  return await BuildCacheServer.start({
    address,
    cache: openSharedCache(tier, settings, (message) => log.warn(message)),
    sessions: new LiveSessions(tier.layout.sessions),
    permission,
    peerUser:
      permission.kind === "some" && permission.uids.size > 0
        ? await loadPeerUser()
        : () => undefined,
    private: {
      root: tier.layout.private,
      maxBytes: privateSize,
      total: new ByteBudget(GUESTS * privateSize),
    },
    closeTimeout,
    onSessionEnd: () => collectInBackground(tier.layout, settings),
    log,
  });
}

/** @throws GomodfsError `USAGE` */
function listenAddress({ plugin = "", socketMode }: CacheprogSettings): CacheAddress {
  const address = parseCacheAddress(plugin);
  return address.kind === "unix" ? { ...address, mode: socketMode } : address;
}

/** @throws GomodfsError `USAGE` */
function writePermission({ readOnly, writers, tokenFile }: CacheprogSettings): WritePermission {
  return readOnly ? { kind: "nobody" } : parseWritePermission(writers, tokenFile);
}

/** Most servers of build caches do without all of this. */
async function startHttp(
  settings: CacheprogSettings,
  log: Logger,
): Promise<ServingProcess | undefined> {
  if (settings.http === undefined) return undefined;
  const { startHttpServices } = await import("./cacheprog_http.ts");
  return await startHttpServices(settings, log);
}

function logLevel({ verbose, debug }: CacheprogSettings): "debug" | "info" {
  return verbose || debug !== 0 ? "debug" : "info";
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

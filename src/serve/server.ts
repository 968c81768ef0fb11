import { Daemon } from "../daemon/daemon.ts";
import type { ModuleService } from "../daemon/module_service.ts";
import { type ServedMount, serveMount } from "../daemon/serve_mount.ts";
import type { ServedNfs } from "../daemon/serve_nfs.ts";
import type { StoreLocation } from "../daemon/store_location.ts";
import { GomodfsError, isGomodfsError } from "../lib/gomodfs_error.ts";
import type { Logger } from "../lib/logger.ts";
import type { FrontEnds } from "./front_ends.ts";
import type { HttpFront } from "./http_front.ts";

/** What to serve. */
export interface ServerOptions {
  readonly service: ModuleService;
  readonly location: StoreLocation;
  readonly environment: NodeJS.ProcessEnv;
  readonly log: Logger;
  /** A GOMODCACHE that all processes see. */
  readonly mount?: FrontEnds["mount"];
  /** Starts HTTP, if there is to be any. */
  readonly startHttp?: () => Promise<HttpFront>;
  /** Starts NFS, if there is to be any. */
  readonly startNfs?: () => Promise<ServedNfs>;
}

/** A store shown by any set of front ends, with one daemon that others find and talk to. */
export class Server {
  readonly daemon: Daemon;
  /** Undefined without one. */
  readonly http: HttpFront | undefined;
  readonly nfs: ServedNfs | undefined;
  readonly #mount: ServedMount | undefined;

  private constructor(
    daemon: Daemon,
    mount: ServedMount | undefined,
    http: HttpFront | undefined,
    nfs: ServedNfs | undefined,
  ) {
    this.daemon = daemon;
    this.http = http;
    this.nfs = nfs;
    this.#mount = mount;
  }

  /** @throws GomodfsError as {@linkcode serveMount} and {@linkcode HttpFront.start} */
  static async start(options: ServerOptions): Promise<Server> {
    const { service, location, environment } = options;
    await using started = new AsyncDisposableStack();
    const http = await options.startHttp?.();
    if (http !== undefined) started.defer(async () => await http.close());
    const nfs = await options.startNfs?.();
    if (nfs !== undefined) started.defer(async () => await nfs.close());
    const mount = await startMount(options, http !== undefined);
    if (mount !== undefined) started.defer(async () => await mount.close());
    const daemon = await Daemon.start({
      service,
      mountCounts: mount?.counts,
      location,
      environment,
      visibleAt: mount?.visibleAt,
      urls: [
        ...(http?.urls ?? []),
        ...(http?.webdavUrls.map((url) => `WebDAV ${url}`) ?? []),
        ...(nfs?.ports.map((port) => `NFS port ${port}`) ?? []),
      ],
      uid: process.getuid?.() ?? 0,
    });
    started.move();
    return new Server(daemon, mount, http, nfs);
  }

  /** Absolute, without symbolic links; undefined without a mount. */
  get mountPoint(): string | undefined {
    return this.#mount?.mountPoint;
  }

  /** Fulfils when somebody asked the daemon to end, or unmounted what is mounted. */
  get ended(): Promise<void> {
    return Promise.race([this.daemon.stopRequested, ...(this.#mount ? [this.#mount.ended] : [])]);
  }

  /** Ends all that is served, when HTTP answers under way have finished. The service stays open. */
  async close(): Promise<void> {
    await this.daemon.close();
    await this.http?.close();
    await this.nfs?.close();
    await this.#mount?.close();
  }
}

async function startMount(
  { service, location, log, mount }: ServerOptions,
  servesHttp: boolean,
): Promise<ServedMount | undefined> {
  if (mount === undefined) return undefined;
  const { directory, allowOther, isOptional } = mount;
  try {
    return await serveMount({ service, location, log, directory, allowOther });
  } catch (error) {
    if (!isOptional || !servesHttp || !isGomodfsError(error, "UNSUPPORTED")) throw error;
    log.warn(`no GOMODCACHE is mounted: ${error.message}`, { hint: error.hint });
    return undefined;
  }
}

/** The mount point of a server that has one. */
export function requireMountPoint({ mountPoint }: Server): string {
  if (mountPoint !== undefined) return mountPoint;
  throw new GomodfsError("UNSUPPORTED", "nothing is mounted");
}

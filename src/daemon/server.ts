import type { Logger } from "../lib/logger.ts";
import { Daemon } from "./daemon.ts";
import type { ModuleService } from "./module_service.ts";
import { type ServedMount, serveMount } from "./serve_mount.ts";
import type { StoreLocation } from "./store_location.ts";

/** What to serve. */
export interface ServerOptions {
  readonly service: ModuleService;
  readonly location: StoreLocation;
  readonly environment: NodeJS.ProcessEnv;
  readonly log: Logger;
  /** A GOMODCACHE that all processes see. */
  readonly mount?: { readonly directory: string; readonly allowOther: boolean };
}

/** A store shown by any set of front ends, with one daemon that others find and talk to. */
export class Server {
  readonly daemon: Daemon;
  readonly #mount: ServedMount | undefined;

  private constructor(daemon: Daemon, mount: ServedMount | undefined) {
    this.daemon = daemon;
    this.#mount = mount;
  }

  /** @throws GomodfsError as {@linkcode serveMount} */
  static async start(options: ServerOptions): Promise<Server> {
    const { service, location, environment, log } = options;
    const mount = options.mount && (await serveMount({ service, location, log, ...options.mount }));
    try {
      const daemon = await Daemon.start({
        service,
        mountCounts: mount?.counts,
        location,
        environment,
        visibleAt: mount?.visibleAt,
        uid: process.getuid?.() ?? 0,
      });
      return new Server(daemon, mount);
    } catch (error) {
      await mount?.close();
      throw error;
    }
  }

  /** Absolute, without symbolic links; undefined without a mount. */
  get mountPoint(): string | undefined {
    return this.#mount?.mountPoint;
  }

  /** Fulfils when somebody asked the daemon to end, or unmounted what is mounted. */
  get ended(): Promise<void> {
    return Promise.race([this.daemon.stopRequested, ...(this.#mount ? [this.#mount.ended] : [])]);
  }

  /** Ends all that is served. The service stays open. */
  async close(): Promise<void> {
    await this.daemon.close();
    await this.#mount?.close();
  }
}

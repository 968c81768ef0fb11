import type { Configuration } from "../config/configuration.ts";
import { ModuleService } from "../daemon/module_service.ts";
import { locateStore, type StoreLocation } from "../daemon/store_location.ts";
import { isGomodfsError } from "../lib/gomodfs_error.ts";
import type { Logger } from "../lib/logger.ts";
import type { ServiceManager } from "../lib/service_manager.ts";
import type { InheritedSocket } from "../lib/socket_activation.ts";
import type { GoSettings } from "../upstream/go_settings.ts";
import { type FrontEnds, frontEnds } from "./front_ends.ts";
import { readyBanner } from "./ready_banner.ts";
import { Server } from "./server.ts";

/** What a serving process is made of. */
export interface ServingProcessOptions {
  readonly configuration: Configuration;
  /** Reads the configuration again. @throws GomodfsError for one that is wrong */
  readonly readConfiguration: () => Promise<Configuration>;
  readonly settings: GoSettings;
  readonly environment: NodeJS.ProcessEnv;
  readonly log: Logger;
  readonly manager: ServiceManager | undefined;
  /** Sockets of the service manager. */
  readonly inherited: readonly InheritedSocket[];
  /** Takes the lines that say that it is ready. */
  readonly print: (text: string) => void;
}

/** Settings that hold until the process ends: what they made cannot be made anew under its users. */
const FIXED_SETTINGS = [
  "store",
  "proxy",
  "log",
  "mount",
  "webdav",
  "nfs",
  "sumdb",
  "reverse_proxy",
  "limits",
  "version_control",
] as const satisfies readonly (keyof Configuration)[];
const FIXED_HTTP_SETTINGS = [
  "listen",
  "metrics",
  "access_log",
] as const satisfies readonly (keyof Configuration["http"])[];

/** `gomodfs serve`, from its start to its end. */
export class ServingProcess {
  readonly #options: ServingProcessOptions;
  readonly #location: StoreLocation;
  readonly #service: ModuleService;
  readonly #server: Server;

  private constructor(
    options: ServingProcessOptions,
    location: StoreLocation,
    service: ModuleService,
    server: Server,
  ) {
    this.#options = options;
    this.#location = location;
    this.#service = service;
    this.#server = server;
  }

  /** Opens the store and starts what the configuration asks for. @throws GomodfsError for what cannot be served */
  static async start(options: ServingProcessOptions): Promise<ServingProcess> {
    const { configuration, settings, environment, log, inherited } = options;
    const location = locateStore(configuration.store, environment, {
      writableDirectories: settings.flags.modcacherw,
    });
    const service = await ModuleService.open({
      location,
      settings,
      proxy: configuration.proxy,
      environment,
      sums: [],
      log,
      zipMemory: configuration.limits.max_zip_memory,
      furtherChecksumDatabases: configuration.sumdb.databases ?? [],
      versionControlLimits: {
        timeout: configuration.version_control.timeout,
        maxRepositoryBytes: configuration.version_control.max_repository_size,
        maxBytes: configuration.version_control.max_total_size,
      },
    });
    try {
      const asked = frontEnds(configuration, {
        state: location.state,
        hasInheritedSockets: inherited.length > 0,
      });
      const server = await startServer(options, location, service, asked);
      return new ServingProcess(options, location, service, server);
    } catch (error) {
      await service.close();
      throw error;
    }
  }

  /** Says that it is ready, and serves until `stop` is aborted, somebody asks it to end, or unmounts it. */
  async run(stop: AbortSignal): Promise<void> {
    const { manager, print } = this.#options;
    const { mountPoint, http, nfs } = this.#server;
    print(
      readyBanner({
        store: this.#location.directory,
        mountPoint,
        urls: http?.urls ?? [],
        reverseProxy: http?.reverseProxy,
        webdavUrls: http?.webdavUrls ?? [],
        nfsPorts: nfs?.ports ?? [],
      }),
    );
    manager?.notify({ kind: "ready" });
    const watchdog = manager && startWatchdog(manager);
    try {
      await Promise.race([this.#server.ended, aborted(stop)]);
    } finally {
      clearInterval(watchdog);
      manager?.notify({ kind: "stopping" });
      await this.#close();
    }
  }

  /** Reads the configuration, credentials and certificate again. What is wrong goes to the log, and changes nothing. */
  async reload(): Promise<void> {
    const { readConfiguration, log, manager, configuration } = this.#options;
    manager?.notify({ kind: "reloading" });
    try {
      const next = await readConfiguration();
      await this.#server.http?.reload(next);
      const fixed = changedSettings(configuration, next);
      log.info("the configuration was read again");
      if (fixed.length > 0) log.warn(`needs a new start to take effect: ${fixed.join(", ")}`);
    } catch (error) {
      if (!isGomodfsError(error)) throw error;
      log.error(`the configuration was not taken over: ${error.message}`, { hint: error.hint });
    } finally {
      manager?.notify({ kind: "ready" });
    }
  }

  async #close(): Promise<void> {
    try {
      await this.#server.close();
    } finally {
      await this.#service.close();
    }
  }
}

async function startServer(
  options: ServingProcessOptions,
  location: StoreLocation,
  service: ModuleService,
  { mount, listen, webdav, nfs }: FrontEnds,
): Promise<Server> {
  const { configuration, environment, log, inherited } = options;
  const listening = { ...configuration, http: { ...configuration.http, listen } };
  return await Server.start({
    service,
    location,
    environment,
    log,
    mount,
    ...(nfs.length === 0
      ? {}
      : {
          startNfs: async () => {
            const { startNfs } = await import("./nfs_front.ts");
            return await startNfs({ configuration, service, location, log, inherited });
          },
        }),
    ...(listen.length === 0 && webdav.length === 0
      ? {}
      : {
          startHttp: async () => {
            // A mount by itself starts without it.
            const { HttpFront } = await import("./http_front.ts");
            const front = { service, location, environment, log, inherited };
            return await HttpFront.start({ ...front, configuration: listening });
          },
        }),
  });
}

/** Twice in the time in which the manager wants to hear it (sd_watchdog_enabled(3)). */
function startWatchdog(manager: ServiceManager): NodeJS.Timeout | undefined {
  const { watchdogInterval } = manager;
  if (watchdogInterval === undefined) return undefined;
  return setInterval(() => manager.notify({ kind: "watchdog" }), watchdogInterval / 2).unref();
}

function changedSettings(before: Configuration, after: Configuration): string[] {
  const differs = (a: unknown, b: unknown): boolean => JSON.stringify(a) !== JSON.stringify(b);
  return [
    ...FIXED_SETTINGS.filter((name) => differs(before[name], after[name])),
    ...FIXED_HTTP_SETTINGS.filter((name) => differs(before.http[name], after.http[name])).map(
      (name) => `http.${name}`,
    ),
    ...(differs(before.http.tls, after.http.tls) ? ["http.tls"] : []),
  ];
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => resolve(), { once: true });
  await promise;
}

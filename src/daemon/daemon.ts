import { randomBytes } from "node:crypto";
import type { MountCounts } from "../fuse/mount_counters.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { currentProcess } from "../lib/process_identity.ts";
import { VERSION } from "../lib/version.ts";
import { parseGoSum } from "../module/go_sum.ts";
import { type AheadPlan, planAhead } from "../prefetch/ahead_plan.ts";
import { fetchAhead } from "../prefetch/fetch_ahead.ts";
import { ImportGuide } from "../prefetch/import_guide.ts";
import type { BuildImports } from "../project/build_imports.ts";
import type { DaemonStatus, PrefetchRequest, PrefetchResult } from "./control_protocol.ts";
import { ControlServer } from "./control_server.ts";
import { type DaemonRegistration, DaemonRegistry } from "./daemon_registry.ts";
import type { ModuleService } from "./module_service.ts";
import { controlSocketPath, runtimeDirectory } from "./runtime_directory.ts";
import type { StoreLocation } from "./store_location.ts";

/** A mount as other processes see it. */
export interface VisibleMount {
  readonly point: string;
  /** `major:minor`, as the mount table shows it. */
  readonly device: string;
}

/** What a daemon is made of. */
export interface DaemonOptions {
  readonly service: ModuleService;
  /** What the mount was asked for, which may not be there yet; undefined if there is to be none. */
  readonly mountCounts: (() => MountCounts) | undefined;
  readonly location: StoreLocation;
  readonly environment: NodeJS.ProcessEnv;
  /** The mount, if others can see it. */
  readonly visibleAt: VisibleMount | undefined;
  /** Where HTTP is served. */
  readonly urls?: readonly string[];
  /** Who runs it, also from within a user namespace. */
  readonly uid: number;
}

const NO_COUNTS: MountCounts = { hits: 0, misses: 0, reads: 0, readBytes: 0 };

/** A process that serves a store, as others find it and talk to it. */
export class Daemon {
  readonly #options: DaemonOptions;
  readonly #startedAt = new Date().toISOString();
  readonly #ended = new AbortController();
  readonly #stopRequested = Promise.withResolvers<void>();
  #control: ControlServer | undefined;
  #registration: DaemonRegistration | undefined;

  private constructor(options: DaemonOptions) {
    this.#options = options;
  }

  /** Opens the control socket and enters the daemon into the store's registry. */
  static async start(options: DaemonOptions): Promise<Daemon> {
    const daemon = new Daemon(options);
    await daemon.#listen();
    return daemon;
  }

  /** Fulfils when somebody asks the daemon to end. */
  get stopRequested(): Promise<void> {
    return this.#stopRequested.promise;
  }

  /** Takes the daemon out of the registry, and ends what it fetches ahead. */
  async close(): Promise<void> {
    this.#ended.abort();
    await this.#registration?.remove();
    await this.#control?.close();
  }

  /**
   * Fetches all that a plan names.
   *
   * @param imports what a build begins with, if that is known: what it needs comes first
   */
  async prefetch(plan: AheadPlan, imports?: BuildImports): Promise<PrefetchResult> {
    const { service } = this.#options;
    return await fetchAhead(
      plan,
      service.cache,
      this.#ended.signal,
      imports && {
        guide: new ImportGuide(imports.required, imports.local),
        imports: imports.imports,
        onPackages: (listener) => service.onPackages(listener),
      },
    );
  }

  async #listen(): Promise<void> {
    const { environment, location, visibleAt, uid } = this.#options;
    const directory = runtimeDirectory(environment, uid);
    const socketPath = controlSocketPath(directory, process.pid, randomBytes(8).toString("hex"));
    this.#control = await ControlServer.listen(
      socketPath,
      { pid: process.pid, version: VERSION },
      {
        status: () => this.#status(),
        prefetch: (request) => this.#prefetchTexts(request),
        stop: () => this.#stopRequested.resolve(),
      },
    );
    this.#registration = await new DaemonRegistry(location.state).register({
      process: currentProcess(),
      version: VERSION,
      socketPath,
      ...(visibleAt === undefined ? {} : { mount: visibleAt }),
    });
  }

  #status(): DaemonStatus {
    const { service, mountCounts, location, visibleAt } = this.#options;
    const { fetched, failed, flights, failures } = service.cache.statistics();
    const { hits, misses, reads, readBytes } = mountCounts?.() ?? NO_COUNTS;
    return {
      pid: process.pid,
      version: VERSION,
      startedAt: this.#startedAt,
      store: location.directory,
      ...(visibleAt === undefined ? {} : { mountPoint: visibleAt.point }),
      counts: { hits, misses, reads, readBytes, fetched, failed },
      flights,
      usage: service.store.usage(),
      failures,
      urls: this.#options.urls ?? [],
      circuits: service
        .circuits()
        .flatMap(({ origin, state, since }) =>
          state === "closed" || since === undefined ? [] : [{ origin, state, since }],
        ),
      securityEvents: service.databases.securityEvents.map(({ database, time, kind, file }) => ({
        database,
        time,
        kind,
        ...(file === undefined ? {} : { file }),
      })),
    };
  }

  /** The hashes in the texts are not believed: who asks may not be who reads. They only say what to fetch. */
  async #prefetchTexts({ sums, required }: PrefetchRequest): Promise<PrefetchResult> {
    const lines = sums.flatMap(({ path, text }) => parseGoSum(text, path));
    if (this.#ended.signal.aborted) throw new GomodfsError("CANCELLED", "the daemon is ending");
    return await this.prefetch(planAhead(lines, required));
  }
}

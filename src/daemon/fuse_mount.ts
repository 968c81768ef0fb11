import { constants } from "node:os";
import type { ModuleCache } from "../cache/module_cache.ts";
import type { MountCounters } from "../fuse/mount_counters.ts";
import { type FuseSession, startSession } from "../fuse/session.ts";
import type { FromTree, ToTree, TreeWorkerData } from "../fuse/tree_messages.ts";
import { isGomodfsError } from "../lib/gomodfs_error.ts";
import type { Logger } from "../lib/logger.ts";
import { workerEntry } from "../lib/worker_entry.ts";
import type { Want } from "../tree/want.ts";
import type { SumdbDatabase } from "./checksum_database.ts";
import type { StoreLocation } from "./store_location.ts";
import { WantFetcher } from "./want_fetcher.ts";

/** What a mount is made of. */
export interface FuseMountOptions {
  /** An open /dev/fuse. */
  readonly device: number;
  /** Where this process finds the mount, once it is made. */
  readonly mountPoint: string | Promise<string>;
  readonly cache: ModuleCache;
  readonly database: SumdbDatabase | undefined;
  readonly location: StoreLocation;
  readonly counters: MountCounters;
  readonly log: Logger;
}

/** A served mount: the session thread answers what is resident, and this half fetches what is not. */
export class FuseMount {
  readonly #session: FuseSession<ToTree>;
  readonly #fetcher: WantFetcher;
  readonly #log: Logger;
  readonly #counters: MountCounters;

  constructor({ device, mountPoint, cache, database, location, counters, log }: FuseMountOptions) {
    this.#fetcher = new WantFetcher(cache, database);
    this.#log = log;
    this.#counters = counters;
    const data: TreeWorkerData = {
      backend: location.backend,
      checksums: location.checksums,
      counters: this.#counters.memory,
    };
    this.#session = startSession<FromTree, ToTree>({
      device,
      mountPoint,
      worker: workerEntry(new URL("../fuse/fuse_worker.ts", import.meta.url), import.meta.url),
      data,
      onMessage: ({ ticket, want }) => void this.#fulfil(ticket, want),
      onError: (report) => log.error("a request on the mount failed", { report }),
    });
    cache.onResident(() => this.#announce());
  }

  /** Fulfils when the mount answers. */
  get ready(): Promise<void> {
    return this.#session.ready;
  }

  /** Fulfils when the mount has ended, by {@linkcode stop} or because somebody unmounted it. */
  get closed(): Promise<unknown> {
    return this.#session.closed;
  }

  /** Ends the session; the mount itself is the caller's to remove. */
  async stop(): Promise<void> {
    await this.#session.stop();
  }

  #announcing = false;

  /** Many modules become resident at once while fetching ahead: listings are renewed once a moment. */
  #announce(): void {
    if (this.#announcing) return;
    this.#announcing = true;
    setTimeout(() => {
      this.#announcing = false;
      this.#session.post({ kind: "resident" });
    }, ANNOUNCE_MILLISECONDS).unref();
  }

  async #fulfil(ticket: number, want: Want): Promise<void> {
    try {
      const arriving = await this.#fetcher.fetch(want);
      if (arriving !== undefined) this.#session.post({ kind: "arriving", ...arriving });
      this.#session.settle(ticket);
    } catch (error) {
      this.#log.debug("a read failed", { error });
      this.#session.settle(ticket, { errno: errnoOf(error) });
    }
  }
}

const ANNOUNCE_MILLISECONDS = 50;

function errnoOf(error: unknown): number {
  const { ENOENT, EIO } = constants.errno;
  return isGomodfsError(error, "NOT_FOUND") || isGomodfsError(error, "FORBIDDEN") ? ENOENT : EIO;
}

import { constants } from "node:os";
import type { ModuleCache } from "../cache/module_cache.ts";
import type { MountCounters } from "../fuse/mount_counters.ts";
import { type FuseSession, startSession } from "../fuse/session.ts";
import type { Want } from "../fuse/tree_file_system.ts";
import type { FromTree, ToTree, TreeWorkerData } from "../fuse/tree_messages.ts";
import { GomodfsError, isGomodfsError } from "../lib/gomodfs_error.ts";
import type { Logger } from "../lib/logger.ts";
import { workerEntry } from "../lib/worker_entry.ts";
import type { ModuleVersion } from "../module/module_version.ts";
import type { SumdbDatabase } from "./checksum_database.ts";
import type { StoreLocation } from "./store_location.ts";

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
  readonly #cache: ModuleCache;
  readonly #database: SumdbDatabase | undefined;
  readonly #log: Logger;
  readonly #counters: MountCounters;

  constructor({ device, mountPoint, cache, database, location, counters, log }: FuseMountOptions) {
    this.#cache = cache;
    this.#database = database;
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
      await this.#fetch(want);
      this.#session.settle(ticket);
    } catch (error) {
      this.#log.debug("a read failed", { error });
      this.#session.settle(ticket, { errno: errnoOf(error) });
    }
  }

  async #fetch(want: Want): Promise<void> {
    switch (want.kind) {
      case "module":
        await this.#cache.ensure(want.id, "zip");
        return;
      case "info":
      case "mod":
        return await this.#deliver(want.id, want.kind);
      case "record":
        return await this.#databaseNamed(want.database).keepRecord(want.id);
      case "tile":
        return await this.#databaseNamed(want.database).keepTile(want.tile);
    }
  }

  async #deliver(id: ModuleVersion, file: "info" | "mod"): Promise<void> {
    const content = await this.#cache.read(id, file);
    this.#session.post({ kind: "arriving", id, file, content });
  }

  #databaseNamed(name: string): SumdbDatabase {
    if (this.#database?.name === name) return this.#database;
    throw new GomodfsError("NOT_FOUND", `${name} is not the checksum database in use`);
  }
}

const ANNOUNCE_MILLISECONDS = 50;

function errnoOf(error: unknown): number {
  const { ENOENT, EIO } = constants.errno;
  return isGomodfsError(error, "NOT_FOUND") || isGomodfsError(error, "FORBIDDEN") ? ENOENT : EIO;
}

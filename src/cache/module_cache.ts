import { rm } from "node:fs/promises";
import { isGomodfsError } from "../lib/gomodfs_error.ts";
import type { Logger } from "../lib/logger.ts";
import { SingleFlight } from "../lib/single_flight.ts";
import { goModHash } from "../module/dirhash.ts";
import { formatModuleVersion, type ModuleVersion } from "../module/module_version.ts";
import { canonicalRevisionInfo } from "../module/revision_info.ts";
import type { ModuleStore, ZipBytes } from "../store/module_store.ts";
import type { ModuleSource, Priority } from "../upstream/module_source.ts";
import { type Checksums, checkHash, type Expectation } from "./checksums.ts";
import { FailureLog, type FetchFailure } from "./failure_log.ts";

/** The parts of a module that are fetched, verified and stored each by itself. */
export type ModulePart = "info" | "mod" | "zip";

/** What happened since the cache was made. */
export interface CacheStatistics {
  /** Parts fetched, verified and stored. */
  readonly fetched: number;
  /** Fetches that failed. */
  readonly failed: number;
  /** Fetches under way: `M@V.part`. */
  readonly flights: readonly string[];
  readonly failures: readonly FetchFailure[];
}

/** What a cache is made of. */
export interface ModuleCacheParts {
  readonly store: ModuleStore;
  readonly source: ModuleSource;
  readonly checksums: Checksums;
  readonly log: Logger;
  /** Milliseconds since 1970; tests give their own. */
  readonly clock?: () => number;
}

/**
 * The heart: whatever is asked for is resident and verified when the promise resolves. One fetch for each part of a
 * module, however many ask.
 */
export class ModuleCache {
  readonly #store: ModuleStore;
  readonly #source: ModuleSource;
  readonly #checksums: Checksums;
  readonly #log: Logger;
  readonly #flights = new SingleFlight<void>();
  readonly #failures: FailureLog;
  readonly #listeners = new Set<(id: ModuleVersion, part: ModulePart) => void>();
  #fetched = 0;
  #failed = 0;

  constructor({ store, source, checksums, log, clock = Date.now }: ModuleCacheParts) {
    this.#store = store;
    this.#source = source;
    this.#checksums = checksums;
    this.#log = log;
    this.#failures = new FailureLog(clock);
  }

  get store(): ModuleStore {
    return this.#store;
  }

  /** Calls `listener` whenever a part has become resident. */
  onResident(listener: (id: ModuleVersion, part: ModulePart) => void): void {
    this.#listeners.add(listener);
  }

  statistics(): CacheStatistics {
    return {
      fetched: this.#fetched,
      failed: this.#failed,
      flights: this.#flights.keys(),
      failures: this.#failures.last,
    };
  }

  isResident(id: ModuleVersion, part: ModulePart): boolean {
    switch (part) {
      case "info":
        return this.#store.readInfo(id) !== undefined;
      case "mod":
        return this.#store.readGoMod(id) !== undefined;
      case "zip":
        return this.#store.openModule(id) !== undefined;
    }
  }

  /**
   * Sees to it that a part of a module is resident.
   *
   * @throws GomodfsError whatever the source, the verification or the store says
   */
  async ensure(id: ModuleVersion, part: ModulePart, priority: Priority = "demand"): Promise<void> {
    if (this.isResident(id, part)) return;
    const what = `${formatModuleVersion(id)}.${part}`;
    const recent = this.#failures.recent(what);
    if (recent !== undefined) throw recent.error;
    await this.#flights.run(what, () => this.#fly(what, id, part, priority));
  }

  async #fly(what: string, id: ModuleVersion, part: ModulePart, priority: Priority): Promise<void> {
    const start = performance.now();
    try {
      await this.#fetch(id, part, priority);
    } catch (error) {
      // Whoever wanted it is gone: that is no failure of the module.
      if (isGomodfsError(error, "CANCELLED")) throw error;
      this.#failed++;
      this.#failures.add(what, error);
      this.#log.warn(`cannot fetch ${what}`, { error, priority });
      throw error;
    }
    this.#fetched++;
    this.#log.debug(`fetched ${what}`, {
      priority,
      milliseconds: Math.round(performance.now() - start),
    });
    for (const listener of this.#listeners) listener(id, part);
  }

  async #fetch(id: ModuleVersion, part: ModulePart, priority: Priority): Promise<void> {
    switch (part) {
      case "info": {
        const info = await this.#source.info(id, { priority });
        await this.#store.putInfo(id, canonicalRevisionInfo(info));
        return;
      }
      case "mod":
        return await this.#fetchGoMod(id, priority);
      case "zip":
        return await this.#fetchZip(id, priority);
    }
  }

  async #fetchGoMod(id: ModuleVersion, priority: Priority): Promise<void> {
    const expected = this.#expectation(id, "goMod");
    const goMod = await this.#source.goMod(id, { priority });
    checkHash(id, "goMod", goModHash(goMod), await expected);
    await this.#store.putGoMod(id, goMod);
  }

  async #fetchZip(id: ModuleVersion, priority: Priority): Promise<void> {
    const expected = this.#expectation(id, "zip");
    const zip = await this.#source.zip(id, { priority });
    try {
      await this.#store.putModule(id, zip, async (h1) => checkHash(id, "zip", h1, await expected));
    } finally {
      await removeSpooled(zip);
    }
  }

  /** The look-up runs beside the download; its failure is met when it is awaited, not before. */
  #expectation(id: ModuleVersion, what: "zip" | "goMod"): Promise<Expectation> {
    const expected = this.#checksums.expectation(id, what);
    expected.catch(() => {});
    return expected;
  }
}

async function removeSpooled(zip: ZipBytes): Promise<void> {
  if (zip.kind === "file") await rm(zip.path, { force: true });
}

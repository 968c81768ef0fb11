import { rm } from "node:fs/promises";
import { type ErrorCode, isGomodfsError } from "../lib/gomodfs_error.ts";
import type { Logger } from "../lib/logger.ts";
import { SingleFlight } from "../lib/single_flight.ts";
import { goModHash } from "../module/dirhash.ts";
import { formatModuleVersion, type H1, type ModuleVersion } from "../module/module_version.ts";
import { canonicalRevisionInfo } from "../module/revision_info.ts";
import { type ModuleStore, type ZipBytes, zipSize } from "../store/module_store.ts";
import type { ModuleSource, Origin, Priority } from "../upstream/module_source.ts";
import { type Checksums, checkHash, type Expectation } from "./checksums.ts";
import { FailureLog, type FetchFailure } from "./failure_log.ts";

/** The parts of a module that are fetched, verified and stored each by itself. */
export type ModulePart = "info" | "mod" | "zip";

/** The parts that are small and whole in memory. */
export type SmallPart = Exclude<ModulePart, "zip">;

/** Where a part came from: a source, or it was there already. */
export type PartOrigin = Origin | { readonly kind: "resident" };

/** A part that is resident now. */
export interface EnsuredPart {
  readonly origin: PartOrigin;
  /** Bytes fetched for it; 0 if it was there already. */
  readonly bytes: number;
}

interface Obtained {
  readonly content: Uint8Array;
  /** Fulfils when it is resident. */
  readonly stored: Promise<EnsuredPart>;
}

const PARTS: readonly ModulePart[] = ["info", "mod", "zip"];

const RESIDENT: EnsuredPart = { origin: { kind: "resident" }, bytes: 0 };

/** What happened since the cache was made. */
export interface CacheStatistics {
  /** Parts fetched, verified and stored. */
  readonly fetched: number;
  /** Fetches that failed. */
  readonly failed: number;
  /** Fetches under way: `M@V.part`. */
  readonly flights: readonly string[];
  readonly failures: readonly FetchFailure[];
  /** All failures by kind. */
  readonly failuresByCode: ReadonlyMap<ErrorCode, number>;
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
  readonly #zips = new SingleFlight<EnsuredPart>();
  readonly #small = new SingleFlight<Obtained>();
  /** Small parts that are verified but not stored yet. */
  readonly #storing = new Map<string, Obtained>();
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

  /** Says that a version exists, whatever a source said of it a moment ago: its parts are asked for again at once. */
  expectVersion(id: ModuleVersion): void {
    for (const part of PARTS) this.#failures.forget(describePart(id, part));
  }

  statistics(): CacheStatistics {
    return {
      fetched: this.#fetched,
      failed: this.#failed,
      flights: [...this.#small.keys(), ...this.#zips.keys()],
      failures: this.#failures.last,
      failuresByCode: this.#failures.counts,
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
   * Sees to it that a part of a module is resident. Whoever joins a fetch that is under way is told what that brings.
   *
   * @throws GomodfsError whatever the source, the verification or the store says
   */
  async ensure(
    id: ModuleVersion,
    part: ModulePart,
    priority: Priority = "demand",
  ): Promise<EnsuredPart> {
    if (this.isResident(id, part)) return RESIDENT;
    if (part !== "zip") return await (await this.#obtain(id, part, priority)).stored;
    const what = describePart(id, part);
    this.#refuseRecentFailure(what);
    return await this.#zips.run(what, async () => {
      const ensured = await this.#account(what, priority, () => this.#fetchZip(id, priority));
      this.#announce(id, part);
      return ensured;
    });
  }

  /**
   * The verified content of a small part. It need not be in the store yet: whoever waits for it need not wait for the
   * disk too (a commit takes some 10 ms, and a build reads hundreds of go.mod files one after the other).
   *
   * @throws GomodfsError whatever the source or the verification says
   */
  async read(id: ModuleVersion, part: SmallPart): Promise<Uint8Array> {
    const resident = part === "info" ? this.#store.readInfo(id) : this.#store.readGoMod(id);
    return resident ?? (await this.#obtain(id, part, "demand")).content;
  }

  /** A small part, verified and on its way into the store. */
  async #obtain(id: ModuleVersion, part: SmallPart, priority: Priority): Promise<Obtained> {
    const what = describePart(id, part);
    const storing = this.#storing.get(what);
    if (storing !== undefined) return storing;
    this.#refuseRecentFailure(what);
    return await this.#small.run(what, async () => {
      const { content, origin } = await this.#account(what, priority, () =>
        this.#fetchSmall(id, part, priority),
      );
      const stored = this.#storeSmall(what, id, part, content).then(() => ({
        origin,
        bytes: content.length,
      }));
      // Nobody may wait for it; the failure is in the log then.
      stored.catch(() => {});
      const obtained = { content, stored };
      this.#storing.set(what, obtained);
      return obtained;
    });
  }

  /** The promise may be left alone: a failure is in the log. */
  #storeSmall(
    what: string,
    id: ModuleVersion,
    part: SmallPart,
    content: Uint8Array,
  ): Promise<void> {
    const stored = (
      part === "info" ? this.#store.putInfo(id, content) : this.#store.putGoMod(id, content)
    )
      .then(() => this.#announce(id, part))
      .finally(() => this.#storing.delete(what));
    stored.catch((error: unknown) => this.#log.error(`cannot store ${what}`, { error }));
    return stored;
  }

  #announce(id: ModuleVersion, part: ModulePart): void {
    for (const listener of this.#listeners) listener(id, part);
  }

  #refuseRecentFailure(what: string): void {
    const recent = this.#failures.recent(what);
    if (recent !== undefined) throw recent.error;
  }

  /** Fetches, and remembers how that went. */
  async #account<T>(what: string, priority: Priority, fetch: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      const fetched = await fetch();
      this.#fetched++;
      const milliseconds = Math.round(performance.now() - start);
      this.#log.debug(`fetched ${what}`, { priority, milliseconds });
      return fetched;
    } catch (error) {
      // Whoever wanted it is gone: that is no failure of the module.
      if (isGomodfsError(error, "CANCELLED")) throw error;
      this.#failed++;
      this.#failures.add(what, error);
      this.#log.warn(`cannot fetch ${what}`, { error, priority });
      throw error;
    }
  }

  async #fetchSmall(id: ModuleVersion, part: SmallPart, priority: Priority): Promise<FetchedSmall> {
    const recorded = new RecordedOrigin();
    const options = { priority, onOrigin: recorded.record };
    if (part === "info") {
      const content = canonicalRevisionInfo(await this.#source.info(id, options));
      return { content, origin: recorded.origin };
    }
    const expected = this.#expectation(id, "goMod");
    const goMod = await this.#source.goMod(id, options);
    checkHash(id, "goMod", goModHash(goMod), await expected);
    return { content: goMod, origin: recorded.origin };
  }

  async #fetchZip(id: ModuleVersion, priority: Priority): Promise<EnsuredPart> {
    this.#store.expectModule();
    const expected = this.#expectation(id, "zip");
    const recorded = new RecordedOrigin();
    const zip = await this.#source.zip(id, { priority, onOrigin: recorded.record });
    const bytes = zipSize(zip);
    try {
      const verify = async (h1: H1): Promise<void> => checkHash(id, "zip", h1, await expected);
      await this.#store.putModule(id, zip, verify, priority);
      return { origin: recorded.origin, bytes };
    } finally {
      await discard(zip);
    }
  }

  /** The look-up runs beside the download; its failure is met when it is awaited, not before. */
  #expectation(id: ModuleVersion, what: "zip" | "goMod"): Promise<Expectation> {
    const expected = this.#checksums.expectation(id, what);
    expected.catch(() => {});
    return expected;
  }
}

interface FetchedSmall {
  readonly content: Uint8Array;
  readonly origin: PartOrigin;
}

/** Hears who answers. A source that does not say is taken for a proxy without a name. */
class RecordedOrigin {
  origin: Origin = { kind: "proxy", name: "" };
  readonly record = (origin: Origin): void => {
    this.origin = origin;
  };
}

function describePart(id: ModuleVersion, part: ModulePart): string {
  return `${formatModuleVersion(id)}.${part}`;
}

/** Gives back what a zip took up on its way in. */
async function discard(zip: ZipBytes): Promise<void> {
  if (zip.kind === "file") await rm(zip.path, { force: true });
  if (zip.kind === "shared") zip.release();
}

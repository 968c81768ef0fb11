import type { ModuleCache, ModulePart } from "../cache/module_cache.ts";
import { GomodfsError, isGomodfsError } from "../lib/gomodfs_error.ts";
import { formatModuleVersion, type ModuleVersion } from "../module/module_version.ts";
import type { ModuleReader } from "../store/module_store.ts";
import { JobQueue } from "./job_queue.ts";
import type { PrefetchEvent, PrefetchFailure, PrefetchSummary } from "./prefetch_event.ts";

/** What a prefetch needs of a cache. */
export interface PrefetchCache extends Pick<ModuleCache, "isResident" | "ensure" | "read"> {
  readonly store: Pick<ModuleReader, "readGoMod">;
}

/** How to fetch. */
export interface PartFetcherOptions {
  /** Zips that are fetched at a time, and as many small parts beside them. */
  readonly concurrency: number;
  readonly onEvent: (event: PrefetchEvent) => void;
  /** Goes on after a failure. */
  readonly continueOnError: boolean;
  /** Only tells what is missing. */
  readonly dryRun: boolean;
}

type PartState =
  | { readonly kind: "resident" | "missing" | "waiting" | "fetched" }
  /** `told`: somebody needs it, and the failure was told. */
  | { readonly kind: "failed"; readonly failure: PrefetchFailure; told: boolean };

/** One module version of which something is wanted. */
interface WantedModule {
  readonly id: ModuleVersion;
  readonly parts: Map<ModulePart, PartState>;
  readonly needed: Set<ModulePart>;
  /** Fulfils when the fetch of its go.mod file has begun. */
  readonly goModBegun: PromiseWithResolvers<void>;
}

/**
 * Fetches parts of modules into a cache, each once, many at a time. A part is wanted on a guess, or it is needed: the
 * failure of a guess counts only if the part turns out to be needed.
 */
export class PartFetcher {
  readonly #cache: PrefetchCache;
  readonly #options: PartFetcherOptions;
  readonly #modules = new Map<string, WantedModule>();
  readonly #zips: JobQueue;
  readonly #small: JobQueue;
  readonly #failures: PrefetchFailure[] = [];
  readonly #ended = Promise.withResolvers<never>();
  readonly #startedAt = performance.now();
  #idle = Promise.withResolvers<void>();
  #underWay = 0;
  #zipsWanted = 0;
  #planned = { modules: 0, zips: 0 };
  #fetched = 0;
  #bytes = 0;
  #unread = 0;
  #stopped = false;

  constructor(cache: PrefetchCache, options: PartFetcherOptions) {
    this.#cache = cache;
    this.#options = options;
    this.#zips = new JobQueue(options.concurrency);
    this.#small = new JobQueue(options.concurrency);
    // Who waits for the end hears of it; it may come when nobody does yet.
    this.#ended.promise.catch(() => {});
  }

  /** Rejects when the run ends before its time: with the failure that ended it, or as {@linkcode stop} says. */
  get ended(): Promise<never> {
    return this.#ended.promise;
  }

  /** Fetches a part that is probably needed. */
  guess(id: ModuleVersion, part: ModulePart): void {
    this.#want(id, part);
  }

  /** Fetches a part without which the project is not complete. */
  need(id: ModuleVersion, part: ModulePart): void {
    const module = this.#moduleOf(id);
    if (module.needed.has(part)) return;
    module.needed.add(part);
    this.#want(id, part);
    this.#tellFailure(module, part);
  }

  /**
   * The content of a go.mod file that is needed; at once if it is resident.
   *
   * @returns undefined if it could not be had, or is missing in a dry run
   */
  goMod(id: ModuleVersion): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    const resident = this.#cache.store.readGoMod(id);
    if (resident !== undefined) {
      const module = this.#moduleOf(id);
      module.needed.add("mod");
      if (!module.parts.has("mod")) this.#setResident(module, "mod");
      return resident;
    }
    this.need(id, "mod");
    if (!this.#options.dryRun) return this.#readFetched(this.#moduleOf(id));
    this.#unread++;
    return undefined;
  }

  /** How many go.mod files a dry run had to do without. */
  get unread(): number {
    return this.#unread;
  }

  /** Records that a part, though fetched, cannot be used. */
  fail(id: ModuleVersion, part: ModulePart, error: unknown): void {
    const module = this.#moduleOf(id);
    module.needed.add(part);
    this.#setFailed(module, { id, part, error }, 0);
  }

  /** Tells how much is known to be wanted by now, if that is more than was told before. */
  tellPlanned(): void {
    const planned = { modules: this.#modules.size, zips: this.#zipsWanted };
    if (planned.modules === this.#planned.modules && planned.zips === this.#planned.zips) return;
    this.#planned = planned;
    this.#options.onEvent({ kind: "planned", ...planned });
  }

  /** Fulfils when nothing is under way. */
  async idle(): Promise<void> {
    if (this.#underWay > 0) await this.#idle.promise;
  }

  /** Starts nothing more. What is under way is left to end by itself. */
  stop(error: unknown): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#zips.clear();
    this.#small.clear();
    this.#ended.reject(error);
  }

  summary(): PrefetchSummary {
    const modules = [...this.#modules.values()];
    const isResident = ({ parts }: WantedModule): boolean =>
      [...parts.values()].every(({ kind }) => kind === "resident");
    return {
      modules: modules.length,
      zips: this.#zipsWanted,
      resident: modules.filter(isResident).length,
      fetched: this.#fetched,
      bytes: this.#bytes,
      failures: this.#failures,
      milliseconds: performance.now() - this.#startedAt,
    };
  }

  #moduleOf(id: ModuleVersion): WantedModule {
    const key = formatModuleVersion(id);
    let module = this.#modules.get(key);
    if (module === undefined) {
      const goModBegun = Promise.withResolvers<void>();
      module = { id, parts: new Map(), needed: new Set(), goModBegun };
      this.#modules.set(key, module);
    }
    return module;
  }

  #want(id: ModuleVersion, part: ModulePart): void {
    const module = this.#moduleOf(id);
    if (module.parts.has(part) || this.#stopped) return;
    if (part === "zip") this.#zipsWanted++;
    if (this.#cache.isResident(id, part)) this.#setResident(module, part);
    else if (this.#options.dryRun) this.#setMissing(module, part);
    else this.#enqueue(module, part);
  }

  #setResident(module: WantedModule, part: ModulePart): void {
    module.parts.set(part, { kind: "resident" });
    const origin = { kind: "resident" } as const;
    const { id } = module;
    this.#options.onEvent({ kind: "finished", id, part, origin, bytes: 0, milliseconds: 0 });
  }

  #setMissing(module: WantedModule, part: ModulePart): void {
    module.parts.set(part, { kind: "missing" });
    this.#options.onEvent({ kind: "missing", id: module.id, part });
  }

  #enqueue(module: WantedModule, part: ModulePart): void {
    module.parts.set(part, { kind: "waiting" });
    this.#underWay++;
    const queue = part === "zip" ? this.#zips : this.#small;
    const job = (): Promise<void> => this.#fetch(module, part);
    // The graph behind a go.mod file that is needed may hold more to fetch.
    const isUrgent = part === "mod" && module.needed.has(part);
    void (isUrgent ? queue.runNext(job) : queue.run(job)).finally(() => {
      if (--this.#underWay > 0) return;
      this.#idle.resolve();
      this.#idle = Promise.withResolvers();
    });
  }

  async #fetch(module: WantedModule, part: ModulePart): Promise<void> {
    const { id } = module;
    const { onEvent } = this.#options;
    const start = performance.now();
    onEvent({ kind: "started", id, part });
    try {
      const ensured = this.#cache.ensure(id, part, "ahead");
      if (part === "mod") module.goModBegun.resolve();
      const { origin, bytes } = await ensured;
      if (this.#stopped) return;
      module.parts.set(part, { kind: "fetched" });
      this.#fetched++;
      this.#bytes += bytes;
      const milliseconds = performance.now() - start;
      onEvent({ kind: "finished", id, part, origin, bytes, milliseconds });
    } catch (error) {
      if (!this.#stopped) this.#setFailed(module, { id, part, error }, performance.now() - start);
    }
  }

  /** Joins the fetch, which need not be stored yet. */
  async #readFetched({ id, goModBegun }: WantedModule): Promise<Uint8Array | undefined> {
    await goModBegun.promise;
    try {
      return await this.#cache.read(id, "mod");
    } catch {
      // The fetch itself tells why.
      return undefined;
    }
  }

  #setFailed(module: WantedModule, failure: PrefetchFailure, milliseconds: number): void {
    const { part, error } = failure;
    module.parts.set(part, { kind: "failed", failure, told: false });
    // Bytes that differ from what go.sum says are told whoever needs them.
    if (isGomodfsError(error, "SECURITY")) module.needed.add(part);
    if (!this.#tellFailure(module, part, milliseconds)) {
      this.#options.onEvent({ kind: "dropped", ...failure, milliseconds });
    }
  }

  /** Whether a part has failed that is needed. */
  #tellFailure(module: WantedModule, part: ModulePart, milliseconds = 0): boolean {
    const state = module.parts.get(part);
    if (state?.kind !== "failed" || !module.needed.has(part)) return false;
    if (state.told) return true;
    state.told = true;
    this.#failures.push(state.failure);
    this.#options.onEvent({ kind: "failed", ...state.failure, milliseconds });
    if (!this.#options.continueOnError && !isForVersionControl(state.failure.error)) {
      this.stop(state.failure.error);
    }
    return true;
  }
}

/** Whether the go command could still get it: the rest is worth fetching. */
function isForVersionControl(error: unknown): boolean {
  return isGomodfsError(error, "UNSUPPORTED");
}

/** The error of a run that its signal ended. */
export function cancelled(): GomodfsError {
  return new GomodfsError("CANCELLED", "the prefetch was interrupted");
}

import { setTimeout as sleep } from "node:timers/promises";
import type { ModulePart } from "../cache/module_cache.ts";
import { isGomodfsError } from "../lib/gomodfs_error.ts";
import { formatModuleVersion, type ModuleVersion } from "../module/module_version.ts";
import type { AheadPlan, SummedModule } from "./ahead_plan.ts";
import type { ImportGuide, PackageImports } from "./import_guide.ts";
import { JobQueue } from "./job_queue.ts";

/** What fetching ahead needs of a cache. */
export interface AheadCache {
  ensure(id: ModuleVersion, part: ModulePart, priority: "ahead"): Promise<unknown>;
}

/** What a build imports, which tells the zips that it will read from those that it will not. */
export interface AheadImports {
  readonly guide: ImportGuide;
  /** Reads what the project's own packages import. */
  readonly imports: () => Iterable<string>;
  /** Has a listener told of the packages of each module that arrives, until the function that it returns is called. */
  readonly onPackages: (
    listener: (id: ModuleVersion, packages: PackageImports) => void,
  ) => () => void;
}

/** What fetching ahead did. */
export interface AheadResult {
  readonly parts: number;
  readonly failed: number;
}

/** Zips in flight: enough to hide a proxy's latency, few enough that a read on demand waits for none of them long. */
const ZIP_LANES = 12;
/** Zips in flight that no import leads to: the build that is running needs the processor more. */
const UNGUIDED_ZIP_LANES = 2;
/** Milliseconds before they are begun: most commands are done with what they import by then. */
const UNGUIDED_DELAY = 2_000;
/** Small files share a commit of the store with what arrives beside them, so many at once are cheap. */
const SMALL_LANES = 96;

/**
 * Fetches all that a build with these go.sum lines can ask for, many at once; first what its imports lead to, if they
 * are known. Failures are not errors: what is really needed is asked for again when it is read, and then says why.
 */
export async function fetchAhead(
  { first, rest }: AheadPlan,
  cache: AheadCache,
  signal: AbortSignal,
  imports?: AheadImports,
): Promise<AheadResult> {
  const fetcher = new AheadFetcher(cache, signal);
  const small = new JobQueue(SMALL_LANES);
  const zips = new JobQueue(imports === undefined ? ZIP_LANES : UNGUIDED_ZIP_LANES);
  const [firstZips, restZips] = [withZip(first), withZip(rest)];
  // A go command reads the go.mod files of the whole graph, and the .info files of the build list. What comes later must
  // not compete with what comes first for the two cores of a small machine.
  await Promise.all([
    imports === undefined
      ? fetcher.fetchAll(firstZips, "zip", zips)
      : fetchGuided(firstZips, fetcher, imports),
    fetcher.fetchAll(first, "mod", small),
    fetcher.fetchAll(rest, "mod", small),
    fetcher.fetchAll(first, "info", small),
  ]);
  if (imports !== undefined) {
    await sleep(UNGUIDED_DELAY, undefined, { ref: false, signal }).catch(() => {});
  }
  await fetcher.fetchAll(firstZips, "zip", zips);
  await Promise.all([
    fetcher.fetchAll(restZips, "zip", zips),
    fetcher.fetchAll(rest, "info", small),
  ]);
  return fetcher.result;
}

function withZip(modules: readonly SummedModule[]): SummedModule[] {
  return modules.filter(({ zip }) => zip);
}

/** Follows imports through the modules as they arrive, until no more are known to be needed. */
async function fetchGuided(
  zips: readonly SummedModule[],
  fetcher: AheadFetcher,
  { guide, imports, onPackages }: AheadImports,
): Promise<void> {
  const planned = new Set(zips.map(({ id }) => formatModuleVersion(id)));
  const queue = new JobQueue(ZIP_LANES);
  const underWay = new Set<Promise<void>>();
  const fetchNeeded = (ids: readonly ModuleVersion[]): void => {
    for (const id of ids) {
      if (!planned.has(formatModuleVersion(id))) continue;
      const fetch: Promise<void> = fetcher.fetch(id, "zip", queue).finally(() => {
        underWay.delete(fetch);
      });
      underWay.add(fetch);
    }
  };
  const stopListening = onPackages((id, packages) => fetchNeeded(guide.add(id, packages)));
  try {
    // What needs no reading of the project's packages is begun first.
    await Promise.resolve();
    fetchNeeded(guide.start(imports()));
    while (underWay.size > 0) await Promise.race(underWay);
  } finally {
    stopListening();
  }
}

/** Fetches parts, each once, and counts. */
class AheadFetcher {
  readonly #cache: AheadCache;
  readonly #signal: AbortSignal;
  readonly #begun = new Set<string>();
  #parts = 0;
  #failed = 0;

  constructor(cache: AheadCache, signal: AbortSignal) {
    this.#cache = cache;
    this.#signal = signal;
  }

  get result(): AheadResult {
    return { parts: this.#parts, failed: this.#failed };
  }

  async fetchAll(
    modules: readonly SummedModule[],
    part: ModulePart,
    queue: JobQueue,
  ): Promise<void> {
    await Promise.all(modules.map(({ id }) => this.fetch(id, part, queue)));
  }

  async fetch(id: ModuleVersion, part: ModulePart, queue: JobQueue): Promise<void> {
    const key = `${formatModuleVersion(id)}.${part}`;
    if (this.#begun.has(key)) return;
    this.#begun.add(key);
    await queue.run(() => this.#fetchNow(id, part));
  }

  async #fetchNow(id: ModuleVersion, part: ModulePart): Promise<void> {
    if (this.#signal.aborted) return;
    try {
      await this.#cache.ensure(id, part, "ahead");
      this.#parts++;
    } catch (error) {
      if (!isGomodfsError(error)) throw error;
      this.#failed++;
    }
  }
}

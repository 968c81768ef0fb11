import type { ModulePart } from "../cache/module_cache.ts";
import { isGomodfsError } from "../lib/gomodfs_error.ts";
import type { ModuleVersion } from "../module/module_version.ts";

/** A module version that a go.sum names. */
export interface SummedModule {
  readonly id: ModuleVersion;
  /** Whether go.sum has the hash of its zip, not only of its go.mod. */
  readonly zip: boolean;
}

/** What fetching ahead needs of a cache. */
export interface AheadCache {
  ensure(id: ModuleVersion, part: ModulePart, priority: "ahead"): Promise<void>;
}

/** What fetching ahead did. */
export interface AheadResult {
  readonly parts: number;
  readonly failed: number;
}

interface Job {
  readonly id: ModuleVersion;
  readonly part: ModulePart;
}

/** Zips in flight: enough to hide a proxy's latency, few enough that a read on demand waits for none of them long. */
const ZIP_LANES = 12;
/** Small files share a commit of the store with what arrives beside them, so many at once are cheap. */
const SMALL_LANES = 24;

/**
 * Fetches all that a build with these go.sum lines can ask for, many at once. Failures are not errors: what is really
 * needed is asked for again when it is read, and then says why.
 */
export async function fetchAhead(
  modules: readonly SummedModule[],
  cache: AheadCache,
  signal: AbortSignal,
): Promise<AheadResult> {
  const zips: Job[] = modules.filter(({ zip }) => zip).map(({ id }) => ({ id, part: "zip" }));
  const goMods: Job[] = modules.map(({ id }) => ({ id, part: "mod" }));
  const infos: Job[] = modules.map(({ id }) => ({ id, part: "info" }));
  // A build reads the go.mod files before anything else, and the .info files last or never.
  const [fromZips, fromSmall] = await Promise.all([
    runLanes(zips, ZIP_LANES, cache, signal),
    runLanes([...goMods, ...infos], SMALL_LANES, cache, signal),
  ]);
  return { parts: fromZips.parts + fromSmall.parts, failed: fromZips.failed + fromSmall.failed };
}

async function runLanes(
  jobs: readonly Job[],
  lanes: number,
  cache: AheadCache,
  signal: AbortSignal,
): Promise<AheadResult> {
  const queue = jobs.values();
  let parts = 0;
  let failed = 0;
  const lane = async (): Promise<void> => {
    for (const { id, part } of queue) {
      if (signal.aborted) return;
      try {
        await cache.ensure(id, part, "ahead");
        parts++;
      } catch (error) {
        if (!isGomodfsError(error)) throw error;
        failed++;
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return { parts, failed };
}

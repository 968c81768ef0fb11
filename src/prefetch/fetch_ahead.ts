import type { ModulePart } from "../cache/module_cache.ts";
import { isGomodfsError } from "../lib/gomodfs_error.ts";
import type { ModuleVersion } from "../module/module_version.ts";
import type { AheadPlan, SummedModule } from "./ahead_plan.ts";
import { JobQueue } from "./job_queue.ts";

/** What fetching ahead needs of a cache. */
export interface AheadCache {
  ensure(id: ModuleVersion, part: ModulePart, priority: "ahead"): Promise<unknown>;
}

/** What fetching ahead did. */
export interface AheadResult {
  readonly parts: number;
  readonly failed: number;
}

interface AheadPart {
  readonly id: ModuleVersion;
  readonly part: ModulePart;
}

/** Zips in flight: enough to hide a proxy's latency, few enough that a read on demand waits for none of them long. */
const ZIP_LANES = 12;
/** Small files share a commit of the store with what arrives beside them, so many at once are cheap. */
const SMALL_LANES = 96;

/**
 * Fetches all that a build with these go.sum lines can ask for, many at once. Failures are not errors: what is really
 * needed is asked for again when it is read, and then says why.
 */
export async function fetchAhead(
  { first, rest }: AheadPlan,
  cache: AheadCache,
  signal: AbortSignal,
): Promise<AheadResult> {
  const zips = new JobQueue(ZIP_LANES);
  const small = new JobQueue(SMALL_LANES);
  let parts = 0;
  let failed = 0;
  const fetchPart = async ({ id, part }: AheadPart): Promise<void> => {
    if (signal.aborted) return;
    try {
      await cache.ensure(id, part, "ahead");
      parts++;
    } catch (error) {
      if (!isGomodfsError(error)) throw error;
      failed++;
    }
  };
  const fetchAll = async (wanted: readonly AheadPart[]): Promise<void> => {
    await Promise.all(
      wanted.map((part) => (part.part === "zip" ? zips : small).run(() => fetchPart(part))),
    );
  };
  // A go command reads the go.mod files of the whole graph, and the .info files of the build list. What comes later must
  // not compete with what comes first for the two cores of a small machine.
  await fetchAll([
    ...partsOf(first, "zip"),
    ...partsOf(first, "mod"),
    ...partsOf(rest, "mod"),
    ...partsOf(first, "info"),
  ]);
  await fetchAll([...partsOf(rest, "zip"), ...partsOf(rest, "info")]);
  return { parts, failed };
}

function partsOf(modules: readonly SummedModule[], part: ModulePart): AheadPart[] {
  return modules.filter(({ zip }) => zip || part !== "zip").map(({ id }) => ({ id, part }));
}

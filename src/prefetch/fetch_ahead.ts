import type { ModulePart } from "../cache/module_cache.ts";
import { isGomodfsError } from "../lib/gomodfs_error.ts";
import type { ModuleVersion } from "../module/module_version.ts";
import type { AheadPlan, SummedModule } from "./ahead_plan.ts";

/** What fetching ahead needs of a cache. */
export interface AheadCache {
  ensure(id: ModuleVersion, part: ModulePart, priority: "ahead"): Promise<unknown>;
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
  // A go command reads the go.mod files of the whole graph, and the .info files of the build list. What comes later must
  // not compete with what comes first for the two cores of a small machine.
  const stages = [
    [
      { jobs: jobsOf(first, "zip"), lanes: ZIP_LANES },
      {
        jobs: [...jobsOf(first, "mod"), ...jobsOf(rest, "mod"), ...jobsOf(first, "info")],
        lanes: SMALL_LANES,
      },
    ],
    [
      { jobs: jobsOf(rest, "zip"), lanes: ZIP_LANES },
      { jobs: jobsOf(rest, "info"), lanes: SMALL_LANES },
    ],
  ];
  let parts = 0;
  let failed = 0;
  for (const stage of stages) {
    const results = await Promise.all(
      stage.map(({ jobs, lanes }) => runLanes(jobs, lanes, cache, signal)),
    );
    for (const result of results) {
      parts += result.parts;
      failed += result.failed;
    }
  }
  return { parts, failed };
}

function jobsOf(modules: readonly SummedModule[], part: ModulePart): Job[] {
  return modules.filter(({ zip }) => zip || part !== "zip").map(({ id }) => ({ id, part }));
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

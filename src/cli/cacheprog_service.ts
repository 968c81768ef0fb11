import { DiskLayout } from "../buildcache/disk/disk_layout.ts";
import type { CacheprogSettings } from "./cacheprog_settings.ts";
import { parseSettings } from "./cacheprog_settings.ts";
import { reportError } from "./exit_code.ts";

/**
 * Runs what of `gomodfs cacheprog` needs more than the local cache.
 *
 * @param args the arguments behind `cacheprog`
 * @returns the exit code
 */
export async function runCacheprogService(args: readonly string[]): Promise<number> {
  try {
    return await run(parseSettings(args, process.env));
  } catch (error) {
    return reportError(error);
  }
}

async function run(settings: CacheprogSettings): Promise<number> {
  const layout = new DiskLayout(settings.cacheDirectory);
  switch (settings.command) {
    case "gc": {
      const { runGc } = await import("./cacheprog_gc.ts");
      return await runGc(layout, settings);
    }
    case "stats": {
      const { runStats } = await import("./cacheprog_stats.ts");
      return runStats(layout, settings);
    }
    case "serve": {
      const { runServe } = await import("./cacheprog_serve.ts");
      return await runServe(settings);
    }
    case "direct":
    case "connect": {
      const { runWithBucket } = await import("./cacheprog_with_bucket.ts");
      return await runWithBucket(settings);
    }
  }
}

import { finished } from "node:stream/promises";
import type { BuildCache } from "../buildcache/build_cache.ts";
import { DiskTier } from "../buildcache/disk/disk_tier.ts";
import { LiveSessions } from "../buildcache/disk/live_sessions.ts";
import { DescriptorOutput } from "../buildcache/server/descriptor_output.ts";
import { RequestMeter } from "../buildcache/server/metered_build_cache.ts";
import { PrivateBuildCache } from "../buildcache/server/private_build_cache.ts";
import { SessionWarnings } from "../buildcache/server/session_warnings.ts";
import type { SharedBuildCache } from "../buildcache/server/shared_build_cache.ts";
import { serveStreams } from "../buildcache/server/stream_session.ts";
import { collectInBackground } from "./cacheprog_collection.ts";
import type { CacheprogSettings } from "./cacheprog_settings.ts";
import { openSharedCache, ownBuildSetKeys } from "./cacheprog_shared_cache.ts";
import { EXIT_DONE } from "./exit_code.ts";

const STDOUT = 1;

/** Serves the go command that started this process from a directory and a bucket. @throws GomodfsError `USAGE`, `PROTOCOL` */
export async function runWithBucket(settings: CacheprogSettings): Promise<number> {
  // Ctrl-C goes to the go command as well: its end is the end of standard input.
  for (const signal of ["SIGINT", "SIGQUIT"] as const) process.on(signal, () => {});
  const warnings = new SessionWarnings((message) => process.stderr.write(`gomodfs: ${message}\n`));
  const warn = (message: string): void => warnings.warn(message);
  const tier = new DiskTier(settings.cacheDirectory);
  const shared = openSharedCache(tier, settings, warn);
  const meter = new RequestMeter();
  {
    using _registered = new LiveSessions(tier.layout.sessions).register();
    const output = new DescriptorOutput(STDOUT);
    const cache = meter.meter(openCache(shared, tier, settings));
    try {
      await serveStreams(cache, { input: process.stdin, output, warn });
    } finally {
      await finished(output.end()).catch(() => {});
      output.destroy();
      process.stdin.destroy();
    }
  }
  await shared.close();
  warnings.end();
  if (settings.metrics || settings.verbose) {
    process.stderr.write(`${JSON.stringify({ ...meter.counts, tiers: shared.statistics() })}\n`);
  }
  collectInBackground(tier.layout, settings);
  return EXIT_DONE;
}

function openCache(
  shared: SharedBuildCache,
  { layout }: DiskTier,
  { readOnly, privateSize }: CacheprogSettings,
): BuildCache {
  const keys = ownBuildSetKeys();
  if (!readOnly) return shared.open("write", keys);
  return new PrivateBuildCache(shared.open("read", keys), {
    root: layout.private,
    maxBytes: privateSize,
  });
}

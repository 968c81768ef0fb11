import { fstatSync } from "node:fs";
import type { BuildCache } from "../buildcache/build_cache.ts";
import { DiskTier } from "../buildcache/disk/disk_tier.ts";
import { LiveSessions } from "../buildcache/disk/live_sessions.ts";
import { LocalBuildCache } from "../buildcache/disk/local_build_cache.ts";
import { serveBlocking } from "../buildcache/server/blocking_session.ts";
import { RequestMeter } from "../buildcache/server/metered_build_cache.ts";
import { PrivateBuildCache } from "../buildcache/server/private_build_cache.ts";
import { SessionWarnings } from "../buildcache/server/session_warnings.ts";
import { collectInBackground } from "./cacheprog_collection.ts";
import type { CacheprogSettings } from "./cacheprog_settings.ts";
import { EXIT_DONE } from "./exit_code.ts";

const STDIN = 0;
const STDOUT = 1;

/** Serves the go command that started this process from a directory. @throws GomodfsError `PROTOCOL` */
export async function runDirect(settings: CacheprogSettings): Promise<number> {
  outliveInterrupts();
  const tier = new DiskTier(settings.cacheDirectory);
  const warnings = new SessionWarnings((message) => process.stderr.write(`gomodfs: ${message}\n`));
  const meter = settings.metrics || settings.verbose ? new RequestMeter() : undefined;
  const cache = localCache(tier, settings);
  {
    using _registered = new LiveSessions(tier.layout.sessions).register();
    await serveBlocking(meter?.meter(cache) ?? cache, {
      input: STDIN,
      output: STDOUT,
      warn: (message) => warnings.warn(message),
    });
  }
  warnings.end();
  if (meter !== undefined) process.stderr.write(`${JSON.stringify(meter.counts)}\n`);
  collectInBackground(tier.layout, settings);
  return EXIT_DONE;
}

function localCache(tier: DiskTier, { readOnly, privateSize }: CacheprogSettings): BuildCache {
  const shared = new LocalBuildCache(tier);
  if (!readOnly) return shared;
  return new PrivateBuildCache(shared, { root: tier.layout.private, maxBytes: privateSize });
}

/**
 * Ctrl-C goes to the go command as well, which ends when it has cleaned up: until then it wants answers. Its end is the end
 * of standard input.
 */
function outliveInterrupts(): void {
  if (fstatSync(STDIN).isCharacterDevice()) {
    process.stderr.write(
      "gomodfs: this is for the go command, which starts it by itself: GOCACHEPROG='gomodfs cacheprog' go build ./...\n",
    );
    return;
  }
  for (const signal of ["SIGINT", "SIGQUIT"] as const) process.on(signal, () => {});
}

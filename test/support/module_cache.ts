import { Checksums } from "../../src/cache/checksums.ts";
import { ModuleCache } from "../../src/cache/module_cache.ts";
import { silentLogger } from "../../src/lib/logger.ts";
import { GoSum, parseGoSum } from "../../src/module/go_sum.ts";
import { GitStore } from "../../src/store/git/git_store.ts";
import { createIngestPool } from "../../src/store/ingest.ts";
import { GoProxySource } from "../../src/upstream/go_proxy_source.ts";
import { HttpClient } from "../../src/upstream/http_client.ts";
import { type ReplayProxy, startReplayProxy } from "./replay_proxy.ts";
import { type TemporaryDirectory, temporaryDirectory } from "./temporary_directory.ts";

/** What a test may want otherwise. */
export interface TestModuleCacheOptions {
  /** Whether the upstream proxy replays the real registry; only made-up modules unless given. */
  readonly record?: boolean;
  /** Lines of go.sum that modules must agree with. */
  readonly goSum?: string;
}

/** A module cache as it is put together in a daemon: an empty git store, filled from an upstream proxy of the test's. */
export interface TestModuleCache extends AsyncDisposable {
  readonly upstream: ReplayProxy;
  readonly source: GoProxySource;
  readonly store: GitStore;
  readonly cache: ModuleCache;
  /** That of the store; there is room for more. */
  readonly directory: TemporaryDirectory;
}

/** Makes one. */
export async function openTestModuleCache(
  options: TestModuleCacheOptions = {},
): Promise<TestModuleCache> {
  const resources = new AsyncDisposableStack();
  const directory = resources.use(temporaryDirectory());
  const upstream = resources.use(await startReplayProxy({ record: options.record ?? false }));
  const http = new HttpClient({ userAgent: "test", env: {}, retry: { attempts: 1 } });
  resources.defer(async () => await http.close());
  const source = new GoProxySource({
    goproxy: upstream.url,
    gonoproxy: "",
    checksumDatabase: undefined,
    client: http,
    spoolDirectory: directory.path,
  });
  const ingest = createIngestPool({ workers: 1 });
  const store = await GitStore.open({ directory: directory.join("git"), ingest });
  resources.defer(async () => {
    await ingest.close();
    await store.close();
  });
  const checksums = new Checksums(new GoSum(parseGoSum(options.goSum ?? "")), {
    database: undefined,
    isExempt: () => true,
    isLocalProxyOnly: true,
  });
  return {
    upstream,
    source,
    store,
    cache: new ModuleCache({ store, source, checksums, log: silentLogger }),
    directory,
    [Symbol.asyncDispose]: async () => await resources.disposeAsync(),
  };
}

import { type ReplayProxy, startReplayProxy } from "../../../test/support/replay_proxy.ts";
import { temporaryDirectory } from "../../../test/support/temporary_directory.ts";
import { Checksums } from "../../cache/checksums.ts";
import { ModuleCache } from "../../cache/module_cache.ts";
import { CachedModuleQueries } from "../../cache/module_queries.ts";
import type { Client } from "../../http/http_exchange.ts";
import { ask, type TestAnswer, type TestQuestion } from "../../http/testdata/http_ask.ts";
import { ANYBODY, serve } from "../../http/testdata/serving.ts";
import { silentLogger } from "../../lib/logger.ts";
import { GoSum, parseGoSum } from "../../module/go_sum.ts";
import { GitStore } from "../../store/git/git_store.ts";
import { createIngestPool } from "../../store/ingest.ts";
import { GoProxySource } from "../../upstream/go_proxy_source.ts";
import { HttpClient } from "../../upstream/http_client.ts";
import { ModuleProxyHandler } from "../module_proxy_handler.ts";

/** What a test may want otherwise. */
export interface ServedModulesOptions {
  /** Whether the upstream proxy replays the real registry; only made-up modules unless given. */
  readonly record?: boolean;
  /** Lines of go.sum that modules must agree with. */
  readonly goSum?: string;
  readonly client?: Client;
  readonly zipMemory?: number;
}

/** A module proxy as it is put together in a daemon: an empty git store, filled from an upstream proxy of the test's. */
export interface ServedModules extends AsyncDisposable {
  readonly upstream: ReplayProxy;
  readonly port: number;
  /** `http://127.0.0.1:PORT`, to be used as GOPROXY. */
  readonly url: string;
  readonly handler: ModuleProxyHandler;
  /** Connections that are open. */
  readonly connections: number;
  ask(path: string, question?: TestQuestion): Promise<TestAnswer>;
}

/** Starts one on a free port. */
export async function serveModules(options: ServedModulesOptions = {}): Promise<ServedModules> {
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
  const cache = new ModuleCache({ store, source, checksums, log: silentLogger });
  const queries = new CachedModuleQueries({
    source,
    store,
    directory: directory.join("queries"),
    log: silentLogger,
  });
  resources.defer(async () => await queries.close());
  const { zipMemory } = options;
  const handler = new ModuleProxyHandler({
    cache,
    queries,
    ...(zipMemory !== undefined && { zipMemory }),
  });
  const { server, port } = resources.use(
    await serve([handler], { authenticate: () => options.client ?? ANYBODY }),
  );
  return {
    upstream,
    port,
    url: `http://127.0.0.1:${port}`,
    handler,
    get connections() {
      return server.connections;
    },
    ask: async (path, question) => await ask(port, path, question),
    [Symbol.asyncDispose]: async () => await resources.disposeAsync(),
  };
}

import {
  openTestModuleCache,
  type TestModuleCacheOptions,
} from "../../../test/support/module_cache.ts";
import type { ReplayProxy } from "../../../test/support/replay_proxy.ts";
import { CachedModuleQueries } from "../../cache/module_queries.ts";
import type { Client } from "../../http/http_exchange.ts";
import { ask, type TestAnswer, type TestQuestion } from "../../http/testdata/http_ask.ts";
import { ANYBODY, serve } from "../../http/testdata/serving.ts";
import { silentLogger } from "../../lib/logger.ts";
import { ModuleProxyHandler } from "../module_proxy_handler.ts";

/** What a test may want otherwise. */
export interface ServedModulesOptions extends TestModuleCacheOptions {
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
  const { upstream, source, store, cache, directory } = resources.use(
    await openTestModuleCache(options),
  );
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

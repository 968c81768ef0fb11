import {
  openTestModuleCache,
  type TestModuleCacheOptions,
} from "../../../test/support/module_cache.ts";
import type { ReplayProxy } from "../../../test/support/replay_proxy.ts";
import type { ModuleCache } from "../../cache/module_cache.ts";
import { WantFetcher } from "../../daemon/want_fetcher.ts";
import type { Client } from "../../http/http_exchange.ts";
import type { HttpLimits } from "../../http/http_limits.ts";
import { ask, type TestAnswer, type TestQuestion } from "../../http/testdata/http_ask.ts";
import { ANYBODY, serve } from "../../http/testdata/serving.ts";
import { formatModuleVersion, type ModuleVersion } from "../../module/module_version.ts";
import { VirtualTree } from "../../tree/virtual_tree.ts";
import { WebdavHandler } from "../webdav_handler.ts";

/** What a test may want otherwise. */
export interface ServedTreeOptions extends TestModuleCacheOptions {
  /** Who asks; anybody, who may read all, unless given. */
  readonly client?: () => Client;
  readonly root?: string;
  readonly limits?: Partial<HttpLimits>;
}

/** The tree over WebDAV as it is put together in a daemon: an empty store, filled from an upstream proxy of the test's. */
export interface ServedTree extends AsyncDisposable {
  readonly upstream: ReplayProxy;
  readonly cache: ModuleCache;
  readonly port: number;
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly handler: WebdavHandler;
  /** Connections that are open. */
  readonly connections: number;
  ask(path: string, question?: TestQuestion): Promise<TestAnswer>;
  /** The answer to a PROPFIND of this depth. */
  propfind(path: string, depth: string, body?: string | Uint8Array): Promise<TestAnswer>;
  /** Has all files of modules fetched. */
  fill(ids: readonly ModuleVersion[]): Promise<void>;
}

/** Starts one on a free port. */
export async function serveTree(options: ServedTreeOptions = {}): Promise<ServedTree> {
  const resources = new AsyncDisposableStack();
  const { upstream, cache } = resources.use(await openTestModuleCache(options));
  const handler = new WebdavHandler({
    tree: new VirtualTree(cache.store, { read: () => undefined, list: () => undefined }),
    missing: new WantFetcher(cache, undefined),
    ...(options.root !== undefined && { root: options.root }),
  });
  const { server, port } = resources.use(
    await serve([handler], {
      authenticate: options.client ?? (() => ANYBODY),
      limits: options.limits ?? {},
    }),
  );
  return {
    upstream,
    cache,
    port,
    url: `http://127.0.0.1:${port}`,
    handler,
    get connections() {
      return server.connections;
    },
    ask: async (path, question) => await ask(port, path, question),
    propfind: async (path, depth, body) =>
      await ask(port, path, {
        method: "PROPFIND",
        headers: {
          Depth: depth,
          ...(body !== undefined && { "Content-Length": Buffer.byteLength(body) }),
        },
        ...(body !== undefined && { body }),
      }),
    fill: async (ids) => {
      for (const id of ids) {
        await Promise.all(
          (["info", "mod", "zip"] as const).map(async (part) => await cache.ensure(id, part)),
        );
        if (!cache.isResident(id, "zip")) throw new Error(`no ${formatModuleVersion(id)}`);
      }
    },
    [Symbol.asyncDispose]: async () => await resources.disposeAsync(),
  };
}

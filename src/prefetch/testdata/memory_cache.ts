import { type ReplayProxy, startReplayProxy } from "../../../test/support/replay_proxy.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../../test/support/temporary_directory.ts";
import { Checksums } from "../../cache/checksums.ts";
import { ModuleCache } from "../../cache/module_cache.ts";
import { silentLogger } from "../../lib/logger.ts";
import { GoSum, type SumLine } from "../../module/go_sum.ts";
import { createIngestPool, type IngestPool } from "../../store/ingest.ts";
import { MemoryStore } from "../../store/memory/memory_store.ts";
import { GoProxySource } from "../../upstream/go_proxy_source.ts";
import { HttpClient } from "../../upstream/http_client.ts";
import { addGraphModules } from "./made_up_graph.ts";

/** A proxy with the made-up graph, and caches that fetch from it and forget everything. */
export class MemoryCaches implements AsyncDisposable {
  readonly proxy: ReplayProxy;
  readonly directory: TemporaryDirectory;
  readonly #client = new HttpClient({ userAgent: "gomodfs-test", env: {} });
  readonly #ingest: IngestPool = createIngestPool();

  private constructor(proxy: ReplayProxy) {
    this.proxy = proxy;
    this.directory = temporaryDirectory();
    addGraphModules(proxy);
  }

  static async create(): Promise<MemoryCaches> {
    return new MemoryCaches(await startReplayProxy({ record: false }));
  }

  /**
   * An empty cache and its source.
   *
   * @param sums what go.sum files say; nothing else is verified
   * @param gonoproxy patterns of modules that only version control could give
   */
  open(
    sums: Iterable<SumLine> = [],
    gonoproxy = "",
  ): { readonly cache: ModuleCache; readonly source: GoProxySource } {
    const source = new GoProxySource({
      goproxy: this.proxy.url,
      gonoproxy,
      checksumDatabase: undefined,
      client: this.#client,
      spoolDirectory: this.directory.path,
    });
    const checksums = new Checksums(new GoSum(sums), {
      database: undefined,
      isExempt: () => true,
      isLocalProxyOnly: true,
    });
    const store = new MemoryStore(this.#ingest);
    return { source, cache: new ModuleCache({ store, source, checksums, log: silentLogger }) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ingest.close();
    await this.#client.close();
    await this.proxy.close();
    this.directory[Symbol.dispose]();
  }
}

import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../../test/support/temporary_directory.ts";
import { TEST_VERIFIER_KEY } from "../../../test/sumdb_oracle/memory_database.ts";
import { Checksums } from "../../cache/checksums.ts";
import { ModuleCache } from "../../cache/module_cache.ts";
import { CachedModuleQueries } from "../../cache/module_queries.ts";
import { HttpServer } from "../../http/http_server.ts";
import { type Logger, silentLogger } from "../../lib/logger.ts";
import { GoSum } from "../../module/go_sum.ts";
import { matchPrefixPatterns } from "../../module/prefix_patterns.ts";
import { ModuleProxyHandler } from "../../proxy/module_proxy_handler.ts";
import { SumdbHandler } from "../../proxy/sumdb_handler.ts";
import { createIngestPool } from "../../store/ingest.ts";
import { MemoryStore } from "../../store/memory/memory_store.ts";
import { parseChecksumDatabase } from "../../sumdb/known_keys.ts";
import { GoProxySource } from "../../upstream/go_proxy_source.ts";
import { HttpClient } from "../../upstream/http_client.ts";
import { ChecksumDatabases } from "../checksum_databases.ts";

/** How to start a {@linkcode ModuleServer}. */
export interface ModuleServerOptions {
  readonly goproxy: string;
  readonly gonosumdb?: string;
  readonly further?: readonly string[];
  /** What an earlier server has left, for one that comes after it. */
  readonly directory?: TemporaryDirectory;
  readonly clock?: () => number;
  readonly log?: Logger;
}

/** Modules and a checksum database served over HTTP, each question asked upstream once at most before it fails. */
export class ModuleServer implements AsyncDisposable {
  readonly directory: TemporaryDirectory;
  readonly databases: ChecksumDatabases;
  readonly cache: ModuleCache;
  readonly url: string;
  readonly #stack: AsyncDisposableStack;

  private constructor(
    parts: Pick<ModuleServer, "directory" | "databases" | "cache" | "url">,
    stack: AsyncDisposableStack,
  ) {
    this.directory = parts.directory;
    this.databases = parts.databases;
    this.cache = parts.cache;
    this.url = parts.url;
    this.#stack = stack;
  }

  static async start(options: ModuleServerOptions): Promise<ModuleServer> {
    await using stack = new AsyncDisposableStack();
    const { goproxy, gonosumdb = "", further = [], clock = Date.now, log = silentLogger } = options;
    const directory = options.directory ?? stack.use(temporaryDirectory());
    const client = stack.use(
      new HttpClient({ userAgent: "test", env: {}, retry: { attempts: 1 }, clock }),
    );
    const source = new GoProxySource({
      goproxy,
      gonoproxy: "",
      checksumDatabase: undefined,
      client,
      spoolDirectory: directory.join("spool"),
    });
    const gosumdb = parseChecksumDatabase(TEST_VERIFIER_KEY);
    const databases = new ChecksumDatabases({
      gosumdb,
      further,
      routeTo: (address) => source.checksumDatabaseRoute(address),
      cacheDirectory: directory.join("sumdb"),
      temporaryDirectory: undefined,
      configDirectory: directory.join("heads"),
      stateDirectory: directory.path,
      log,
      clock,
    });
    stack.defer(async () => await databases.close());
    const isExempt = (path: string): boolean => matchPrefixPatterns(gonosumdb, path);
    const checksums = new Checksums(new GoSum([]), {
      database: databases.own,
      isExempt,
      isLocalProxyOnly: false,
    });
    const ingest = createIngestPool({ workers: 1 });
    stack.defer(async () => await ingest.close());
    const store = new MemoryStore(ingest);
    const cache = new ModuleCache({ store, source, checksums, log, clock });
    const queries = new CachedModuleQueries({
      source,
      store,
      directory: directory.join("queries"),
      log,
      clock,
      onVersion: (id) => cache.expectVersion(id),
    });
    stack.defer(async () => await queries.close());
    const server = new HttpServer({
      handlers: [
        new SumdbHandler({ databases: databases.mirrors, isExempt }),
        new ModuleProxyHandler({ cache, queries }),
      ],
      authenticate: () => ({ name: undefined, mayRead: (path) => path !== "secret.test/m" }),
    });
    stack.defer(async () => await server.close({ grace: 0 }));
    const listener = await server.listen({ target: { kind: "tcp", host: "127.0.0.1", port: 0 } });
    const url = `http://127.0.0.1:${listener.port}`;
    return new ModuleServer({ directory, databases, cache, url }, stack.move());
  }

  async get(path: string): Promise<{ status: number; body: Buffer; headers: Headers }> {
    const response = await fetch(`${this.url}${path}`);
    const body = Buffer.from(await response.arrayBuffer());
    return { status: response.status, body, headers: response.headers };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

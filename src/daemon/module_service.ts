import { join } from "node:path";
import { Checksums } from "../cache/checksums.ts";
import { ModuleCache } from "../cache/module_cache.ts";
import { CachedModuleQueries } from "../cache/module_queries.ts";
import { keepMemorySmall, trimMemory } from "../lib/allocator.ts";
import { Arena } from "../lib/arena.ts";
import type { CircuitState } from "../lib/circuit_breaker.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { Logger } from "../lib/logger.ts";
import { VERSION } from "../lib/version.ts";
import type { BuildSettings } from "../module/build_context.ts";
import { GoSum, type SumLine } from "../module/go_sum.ts";
import { matchPrefixPatterns } from "../module/prefix_patterns.ts";
import type { PackagesListener } from "../store/ingest.ts";
import type { ModuleStore } from "../store/module_store.ts";
import { type OpenedStore, openStore } from "../store/store_backend.ts";
import {
  type ChecksumDatabaseSetting,
  knownDatabaseNames,
  parseChecksumDatabase,
} from "../sumdb/known_keys.ts";
import { GoProxySource } from "../upstream/go_proxy_source.ts";
import { type GoSettings, requireGoproxy } from "../upstream/go_settings.ts";
import { GoauthCredentials } from "../upstream/goauth_credentials.ts";
import { HttpClient } from "../upstream/http_client.ts";
import { DirectUpstream, type VersionControlLimits } from "../upstream/vcs/direct_upstream.ts";
import { type SumdbDatabase, sumdbConfigDirectory } from "./checksum_database.ts";
import { ChecksumDatabases } from "./checksum_databases.ts";
import { ProcessDirectory } from "./process_directory.ts";
import type { StoreLocation } from "./store_location.ts";

/** Bytes of zips in memory between the network and the store, unless said otherwise. */
const ZIP_MEMORY = 32 * 1024 * 1024;
/**
 * Zips that would take up more of it than this go through files: such a zip takes half a second to take in, and others must
 * not wait for its memory. Of go-ethereum's 141 these are the five that have 150 of the 173 MB.
 */
const LARGEST_SHARE = 3 / 8;

/** What a module service is made of. */
export interface ModuleServiceOptions {
  readonly location: StoreLocation;
  readonly settings: GoSettings;
  /** Instead of the setting GOPROXY. */
  readonly proxy: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
  /** The lines of the project's go.sum files. */
  readonly sums: Iterable<SumLine>;
  readonly log: Logger;
  /** Bytes of zips in memory between the network and the store. */
  readonly zipMemory?: number;
  /** How packages are built, for {@linkcode ModuleService.onPackages}. */
  readonly build?: BuildSettings;
  /** Checksum databases to be served besides that of GOSUMDB, each as GOSUMDB spells one. */
  readonly furtherChecksumDatabases?: readonly string[];
  readonly versionControlLimits?: VersionControlLimits;
  /** Gets the failures of single fetches instead, for whoever tells of them in another way. */
  readonly cacheLog?: Logger;
}

/** A store with everything that fills it. */
export class ModuleService {
  readonly cache: ModuleCache;
  readonly checksums: Checksums;
  readonly source: GoProxySource;
  readonly store: ModuleStore;
  readonly #threads: OpenedStore["threads"];
  readonly #client: HttpClient;
  readonly #credentials: GoauthCredentials;
  readonly #direct: DirectUpstream;
  readonly #packagesListeners: Set<PackagesListener>;
  readonly #temporary: ProcessDirectory;
  readonly databases: ChecksumDatabases;
  /** Answers about modules that change with time, kept beside the store. */
  readonly queries: CachedModuleQueries;

  private constructor(parts: {
    cache: ModuleCache;
    checksums: Checksums;
    source: GoProxySource;
    store: ModuleStore;
    threads: OpenedStore["threads"];
    client: HttpClient;
    credentials: GoauthCredentials;
    direct: DirectUpstream;
    databases: ChecksumDatabases;
    queries: CachedModuleQueries;
    packagesListeners: Set<PackagesListener>;
    temporary: ProcessDirectory;
  }) {
    this.#temporary = parts.temporary;
    this.#packagesListeners = parts.packagesListeners;
    this.cache = parts.cache;
    this.checksums = parts.checksums;
    this.source = parts.source;
    this.store = parts.store;
    this.#threads = parts.threads;
    this.#client = parts.client;
    this.#credentials = parts.credentials;
    this.#direct = parts.direct;
    this.databases = parts.databases;
    this.queries = parts.queries;
  }

  /**
   * Opens the store, making it if it is missing.
   *
   * @throws GomodfsError `USAGE` for settings that cannot be read, `STORE` if the store cannot be opened
   */
  static async open(options: ModuleServiceOptions): Promise<ModuleService> {
    await keepMemorySmall();
    const { location, settings, environment, log, zipMemory = ZIP_MEMORY } = options;
    const goproxy = options.proxy ?? requireGoproxy(settings);
    const setting = checksumDatabaseSetting(settings);
    const credentials = new GoauthCredentials({ goauth: settings.GOAUTH, environment, log });
    const userAgent = `gomodfs/${VERSION}`;
    const client = new HttpClient({ userAgent, env: environment, credentials });
    const temporary = await takeTemporaryDirectory(location);
    const spool = {
      directory: temporary.path,
      maxMemory: zipMemory * LARGEST_SHARE,
      arena: new Arena(zipMemory),
    };
    const direct = new DirectUpstream({
      settings,
      environment,
      userAgent,
      credentials,
      cloneDirectory: join(location.state, "vcs"),
      goDirectory: location.spool,
      spool,
      log,
      ...(options.versionControlLimits === undefined
        ? {}
        : { limits: options.versionControlLimits }),
    });
    const source = new GoProxySource({
      goproxy,
      gonoproxy: settings.GONOPROXY,
      checksumDatabase:
        setting.kind === "off"
          ? undefined
          : {
              name: setting.name,
              url: setting.url === undefined ? undefined : new URL(setting.url),
            },
      client,
      versionControl: direct.source,
      spoolDirectory: spool.directory,
      arena: spool.arena,
      maxZipInMemory: spool.maxMemory,
    });
    const databases = new ChecksumDatabases({
      gosumdb: setting,
      further: options.furtherChecksumDatabases ?? [],
      routeTo: (address) => source.checksumDatabaseRoute(address),
      cacheDirectory: location.checksums,
      temporaryDirectory: location.backend.kind === "git" ? temporary.path : undefined,
      configDirectory: sumdbConfigDirectory(settings.GOPATH, location.state),
      stateDirectory: location.state,
      log,
    });
    const packagesListeners = new Set<PackagesListener>();
    const { store, threads } = await openStore(location.backend, {
      ...(options.build === undefined ? {} : { build: options.build }),
      onPackages: (id, packages) => {
        for (const listener of packagesListeners) listener(id, packages);
      },
    });
    const checksums = new Checksums(new GoSum(options.sums), {
      database: databases.own,
      isExempt: (path) => matchPrefixPatterns(settings.GONOSUMDB, path),
      isLocalProxyOnly: goproxy.startsWith("file://") && !/[,|]/.test(goproxy),
    });
    const cache = new ModuleCache({ store, source, checksums, log: options.cacheLog ?? log });
    cache.onResident(trimMemoryWhenIdle());
    const queries = new CachedModuleQueries({
      source,
      store,
      directory: join(location.state, "queries"),
      log,
      onVersion: (id) => cache.expectVersion(id),
    });
    return new ModuleService({
      cache,
      checksums,
      source,
      store,
      threads,
      client,
      credentials,
      direct,
      databases,
      queries,
      packagesListeners,
      temporary,
    });
  }

  /** That of GOSUMDB; undefined with GOSUMDB=off. */
  get database(): SumdbDatabase | undefined {
    return this.databases.own;
  }

  /**
   * Has `listener` told what the packages of each module import that is taken in from now on, if the service was told how
   * packages are built.
   *
   * @returns a function that ends this
   */
  onPackages(listener: PackagesListener): () => void {
    this.#packagesListeners.add(listener);
    return () => void this.#packagesListeners.delete(listener);
  }

  /** How each origin is that modules and records come from. */
  circuits(): CircuitState[] {
    return this.#client.circuits();
  }

  /** For temporary files of this service; goes with it. */
  get temporaryDirectory(): string {
    return this.#temporary.path;
  }

  /** Ends what is under way and closes the store. */
  async close(): Promise<void> {
    this.#credentials[Symbol.dispose]();
    await this.#direct.close();
    await this.#threads.close();
    await this.databases.close();
    await this.queries.close();
    await this.store.close();
    await this.#client.close();
    await this.#temporary[Symbol.asyncDispose]();
  }
}

async function takeTemporaryDirectory({
  directory,
  backend,
  spool,
}: StoreLocation): Promise<ProcessDirectory> {
  try {
    return await ProcessDirectory.take(spool);
  } catch (cause) {
    if (backend.kind === "dir") {
      throw new GomodfsError(
        "STORE",
        `cannot make ${spool}, for zips on their way to ${directory}`,
        {
          hint: "set XDG_CACHE_HOME to a directory that you may write to",
          cause,
        },
      );
    }
    throw new GomodfsError("STORE", `cannot make the store's directory ${directory}`, {
      hint: "name one that you may write to with --store DIR",
      cause,
    });
  }
}

/** Called with each fetch: gives memory back a while after the last one. */
function trimMemoryWhenIdle(): () => void {
  let timers: readonly NodeJS.Timeout[] | undefined;
  return () => {
    timers ??= IDLE_MILLISECONDS.map((delay) => setTimeout(() => void trimMemory(), delay).unref());
    for (const timer of timers) timer.refresh();
  };
}

/** After idle ingest threads have ended; and once more when V8, idle for eight seconds, has shrunk its own heap. */
const IDLE_MILLISECONDS: readonly number[] = [2_500, 8_500];

/** GOSUMDB as cmd/go reads it; without Go on the machine, the database that cmd/go itself would use. */
function checksumDatabaseSetting(settings: GoSettings): ChecksumDatabaseSetting {
  const [known = "off"] = knownDatabaseNames();
  return parseChecksumDatabase(settings.GOSUMDB ?? known);
}

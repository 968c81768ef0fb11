import type { Arena } from "../lib/arena.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { ModulePath, ModuleVersion } from "../module/module_version.ts";
import { matchPrefixPatterns } from "../module/prefix_patterns.ts";
import type { ZipBytes } from "../store/module_store.ts";
import { type ChecksumDatabaseAddress, ChecksumDatabaseRoute } from "./checksum_database_route.ts";
import { FileProxyTransport } from "./file_proxy_transport.ts";
import type { HttpClient } from "./http_client.ts";
import { HttpProxyTransport } from "./http_proxy_transport.ts";
import { ModuleProxy, type ProxyTransport } from "./module_proxy.ts";
import type { FetchOptions, ModuleSource, VersionControlSource } from "./module_source.ts";
import { type ProxyListEntry, parseProxyList, tryProxies } from "./proxy_list.ts";
import type { ZipSpool } from "./zip_receiver.ts";

/** What a {@linkcode GoProxySource} is made of. */
export interface GoProxySourceOptions {
  /** The GOPROXY setting. */
  readonly goproxy: string;
  /** The GONOPROXY setting: patterns of modules that no proxy is asked for. */
  readonly gonoproxy: string;
  /** Undefined with GOSUMDB=off: the database is then not asked for anything. */
  readonly checksumDatabase: ChecksumDatabaseAddress | undefined;
  readonly client: HttpClient;
  /** For `direct` and GONOPROXY; without it they are `UNSUPPORTED`. */
  readonly versionControl?: VersionControlSource | undefined;
  /** Directory for zips on their way in that are too large for the memory. */
  readonly spoolDirectory: string;
  /** Bytes: zips up to this size are kept in memory; 40 MiB unless given. */
  readonly maxZipInMemory?: number;
  /** The memory that they are kept in; each in its own unless given. */
  readonly arena?: Arena;
}

/** Modules from the proxies of a GOPROXY list, chosen as cmd/go chooses. */
export class GoProxySource implements ModuleSource {
  readonly #entries: readonly ProxyListEntry[];
  readonly #gonoproxy: string;
  readonly #versionControl: VersionControlSource | undefined;
  readonly #proxies: ReadonlyMap<ProxyListEntry, ModuleProxy>;
  readonly #checksumDatabase: ChecksumDatabaseRoute | undefined;
  readonly #transportTo: (url: URL) => ProxyTransport;

  /** @throws GomodfsError `USAGE` if `goproxy` cannot be read */
  constructor(options: GoProxySourceOptions) {
    const { goproxy, gonoproxy, checksumDatabase, client } = options;
    const spool: ZipSpool = {
      directory: options.spoolDirectory,
      maxMemory: options.maxZipInMemory ?? 40 << 20,
      ...(options.arena === undefined ? {} : { arena: options.arena }),
    };
    const transportTo = (url: URL): ProxyTransport =>
      url.protocol === "file:"
        ? new FileProxyTransport(url, spool)
        : new HttpProxyTransport(url, client, spool);
    this.#entries = parseProxyList(goproxy, gonoproxy);
    this.#gonoproxy = gonoproxy;
    this.#versionControl = options.versionControl;
    this.#proxies = new Map(
      this.#entries
        .filter((entry) => entry.kind === "proxy")
        .map((entry) => [entry, new ModuleProxy(transportTo(entry.url))]),
    );
    this.#transportTo = transportTo;
    this.#checksumDatabase = checksumDatabase && this.checksumDatabaseRoute(checksumDatabase);
  }

  async info(id: ModuleVersion, options?: FetchOptions): Promise<Uint8Array> {
    return await this.#ask(id.path, options, async (source) => await source.info(id, options));
  }

  async goMod(id: ModuleVersion, options?: FetchOptions): Promise<Uint8Array> {
    return await this.#ask(id.path, options, async (source) => await source.goMod(id, options));
  }

  async zip(id: ModuleVersion, options?: FetchOptions): Promise<ZipBytes> {
    return await this.#ask(id.path, options, async (source) => await source.zip(id, options));
  }

  async versions(path: ModulePath, options?: FetchOptions): Promise<Uint8Array> {
    return await this.#ask(path, options, async (source) => await source.versions(path, options));
  }

  async latest(path: ModulePath, options?: FetchOptions): Promise<Uint8Array> {
    return await this.#ask(path, options, async (source) => await source.latest(path, options));
  }

  async revision(path: ModulePath, revision: string, options?: FetchOptions): Promise<Uint8Array> {
    return await this.#ask(path, options, async (source) => {
      return await source.revision(path, revision, options);
    });
  }

  async checksumDatabase(path: string, options?: FetchOptions): Promise<Uint8Array> {
    if (this.#checksumDatabase === undefined) {
      throw new GomodfsError("FORBIDDEN", "the checksum database is disabled by GOSUMDB=off");
    }
    return await this.#checksumDatabase.read(path, options);
  }

  /**
   * The way to any checksum database, by the same proxies.
   *
   * @throws GomodfsError `USAGE` for a name that is no host and path
   */
  checksumDatabaseRoute(address: ChecksumDatabaseAddress): ChecksumDatabaseRoute {
    return new ChecksumDatabaseRoute({
      address,
      entries: this.#entries,
      proxies: this.#proxies,
      transportTo: this.#transportTo,
    });
  }

  /**
   * cmd/go/internal/modfetch/repo.go, `lookup`. A module that GONOPROXY matches is its version control's affair alone:
   * whatever that says, the name is told to no proxy.
   */
  async #ask<T>(path: ModulePath, options: FetchOptions | undefined, ask: Ask<T>): Promise<T> {
    if (matchPrefixPatterns(this.#gonoproxy, path)) {
      return await this.#askVersionControl(path, "GONOPROXY matches it", options, ask);
    }
    return await tryProxies(this.#entries, async (entry) => {
      switch (entry.kind) {
        case "noproxy":
          throw new GomodfsError("NOT_FOUND", `GONOPROXY does not match ${path}`);
        case "direct":
          return await this.#askVersionControl(path, "GOPROXY says direct", options, ask);
        case "off":
          throw new GomodfsError("FORBIDDEN", `GOPROXY=off forbids to look for ${path}`);
        case "proxy": {
          const proxy = this.#proxies.get(entry);
          // The constructor makes one for each entry of this kind.
          if (proxy === undefined) throw new Error("a proxy entry without its proxy");
          const answer = await ask(proxy);
          options?.onOrigin?.({ kind: "proxy", name: proxy.name });
          return answer;
        }
      }
    });
  }

  async #askVersionControl<T>(
    path: ModulePath,
    reason: string,
    options: FetchOptions | undefined,
    ask: Ask<T>,
  ): Promise<T> {
    if (this.#versionControl === undefined) throw versionControlUnsupported(path, reason);
    const answer = await ask(this.#versionControl);
    options?.onOrigin?.({ kind: "direct" });
    return answer;
  }
}

/** A question that a proxy and version control understand alike. */
type Ask<T> = (source: VersionControlSource) => Promise<T>;

function versionControlUnsupported(path: ModulePath, reason: string): GomodfsError {
  return new GomodfsError(
    "UNSUPPORTED",
    `${path} would have to come directly from version control (${reason}), which gomodfs cannot do without a go command`,
    {
      hint: "install Go, or add a proxy that serves it to GOPROXY and set GONOPROXY=none if GOPRIVATE matches it",
    },
  );
}

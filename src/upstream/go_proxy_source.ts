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
import type { FetchOptions, ModuleSource } from "./module_source.ts";
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
  readonly #proxies: ReadonlyMap<ProxyListEntry, ModuleProxy>;
  readonly #checksumDatabase: ChecksumDatabaseRoute | undefined;

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
    this.#proxies = new Map(
      this.#entries
        .filter((entry) => entry.kind === "proxy")
        .map((entry) => [entry, new ModuleProxy(transportTo(entry.url))]),
    );
    this.#checksumDatabase =
      checksumDatabase &&
      new ChecksumDatabaseRoute({
        address: checksumDatabase,
        entries: this.#entries,
        proxies: this.#proxies,
        transportTo,
      });
  }

  async info(id: ModuleVersion, options?: FetchOptions): Promise<Uint8Array> {
    return await this.#ask(id.path, async (proxy) => await proxy.info(id, options));
  }

  async goMod(id: ModuleVersion, options?: FetchOptions): Promise<Uint8Array> {
    return await this.#ask(id.path, async (proxy) => await proxy.goMod(id, options));
  }

  async zip(id: ModuleVersion, options?: FetchOptions): Promise<ZipBytes> {
    return await this.#ask(id.path, async (proxy) => await proxy.zip(id, options));
  }

  async versions(path: ModulePath, options?: FetchOptions): Promise<Uint8Array> {
    return await this.#ask(path, async (proxy) => await proxy.versions(path, options));
  }

  async latest(path: ModulePath, options?: FetchOptions): Promise<Uint8Array> {
    return await this.#ask(path, async (proxy) => await proxy.latest(path, options));
  }

  async checksumDatabase(path: string, options?: FetchOptions): Promise<Uint8Array> {
    if (this.#checksumDatabase === undefined) {
      throw new GomodfsError("FORBIDDEN", "the checksum database is disabled by GOSUMDB=off");
    }
    return await this.#checksumDatabase.read(path, options);
  }

  /** cmd/go/internal/modfetch/repo.go, `lookup`. */
  async #ask<T>(path: ModulePath, ask: (proxy: ModuleProxy) => Promise<T>): Promise<T> {
    const isPrivate = matchPrefixPatterns(this.#gonoproxy, path);
    return await tryProxies(this.#entries, async (entry) => {
      switch (entry.kind) {
        case "noproxy":
          if (isPrivate) throw versionControlUnsupported(path, "GONOPROXY matches it");
          throw new GomodfsError("NOT_FOUND", `GONOPROXY does not match ${path}`);
        case "direct":
          throw versionControlUnsupported(path, "GOPROXY says direct");
        case "off":
          throw new GomodfsError("FORBIDDEN", `GOPROXY=off forbids to look for ${path}`);
        case "proxy": {
          const proxy = this.#proxies.get(entry);
          // The constructor makes one for each entry of this kind.
          if (proxy === undefined) throw new Error("a proxy entry without its proxy");
          return await ask(proxy);
        }
      }
    });
  }
}

function versionControlUnsupported(path: ModulePath, reason: string): GomodfsError {
  return new GomodfsError(
    "UNSUPPORTED",
    `${path} would have to come directly from version control (${reason}), which gomodfs does not support yet`,
    {
      hint: "add a proxy that serves it to GOPROXY, and set GONOPROXY=none if GOPRIVATE matches it",
    },
  );
}

import { GomodfsError, isGomodfsError } from "../lib/gomodfs_error.ts";
import type { ModuleProxy, ProxyTransport } from "./module_proxy.ts";
import type { FetchOptions } from "./module_source.ts";
import { type ProxyListEntry, tryProxies } from "./proxy_list.ts";

/** Which checksum database, and where. */
export interface ChecksumDatabaseAddress {
  /** Its name, `host` or `host/path`, as its verifier key spells it. */
  readonly name: string;
  /** The URL of `GOSUMDB="key url"`: asked instead of `https://name`, and no proxy is. */
  readonly url?: URL | undefined;
}

/** What a {@linkcode ChecksumDatabaseRoute} is made of. */
export interface ChecksumDatabaseRouteOptions {
  readonly address: ChecksumDatabaseAddress;
  readonly entries: readonly ProxyListEntry[];
  readonly proxies: ReadonlyMap<ProxyListEntry, ModuleProxy>;
  readonly transportTo: (url: URL) => ProxyTransport;
}

interface DatabaseReader {
  /** The URL of the proxy, or of the database itself. */
  readonly name: string;
  readonly read: (path: string, options: FetchOptions | undefined) => Promise<Uint8Array>;
}

/** Bytes; see the bound of ModuleProxy. */
const maxBytes = 4 << 20;

/**
 * The way to the checksum database: through the first proxy that offers it, otherwise directly. It is found with the
 * first question and kept (cmd/go/internal/modfetch/sumdb.go, `initBase`); a search that failed is made again.
 */
export class ChecksumDatabaseRoute {
  readonly #options: ChecksumDatabaseRouteOptions;
  #route: Promise<DatabaseReader> | undefined;

  /** @throws GomodfsError `USAGE` for a name that is no host and path */
  constructor(options: ChecksumDatabaseRouteOptions) {
    checkName(options.address.name);
    this.#options = options;
  }

  /** `path` begins with a slash: `/lookup/M@V`, `/tile/8/0/000`, `/latest`. */
  async read(path: string, options?: FetchOptions): Promise<Uint8Array> {
    const route = await this.#findOnce();
    const answer = await route.read(path, options);
    options?.onOrigin?.({ kind: "proxy", name: route.name });
    return answer;
  }

  #findOnce(): Promise<DatabaseReader> {
    if (this.#route === undefined) {
      // Not with the signal of who happens to ask first: others wait for the same answer.
      const route = this.#find();
      this.#route = route;
      route.catch(() => {
        this.#route = undefined;
      });
    }
    return this.#route;
  }

  async #find(): Promise<DatabaseReader> {
    const { address, entries } = this.#options;
    if (address.url !== undefined) return this.#directly(address.url);
    try {
      return await tryProxies(entries, async (entry) => await this.#through(entry));
    } catch (error) {
      if (!isGomodfsError(error, "NOT_FOUND")) throw error;
      return this.#directly(new URL(`https://${address.name}`));
    }
  }

  async #through(entry: ProxyListEntry): Promise<DatabaseReader> {
    const proxy = this.#options.proxies.get(entry);
    if (proxy === undefined) {
      throw new GomodfsError("NOT_FOUND", `${entry.kind} offers no checksum database`);
    }
    const { name } = this.#options.address;
    await proxy.checksumDatabase(name, "/supported");
    return {
      name: proxy.name,
      read: async (path, options) => await proxy.checksumDatabase(name, path, options),
    };
  }

  #directly(url: URL): DatabaseReader {
    const transport = this.#options.transportTo(url);
    return {
      name: transport.name,
      read: async (path, options) => await transport.read(path.slice(1), maxBytes, options),
    };
  }
}

/** cmd/go/internal/modfetch/sumdb.go, `dbDial`: "no funny business in the database name". */
function checkName(name: string): void {
  if (URL.canParse(`https://${name}`) && !name.endsWith("/")) {
    const { host, pathname } = new URL(`https://${name}`);
    if (`${host}${pathname.replace(/^\/$/, "")}` === name) return;
  }
  throw new GomodfsError("USAGE", `${JSON.stringify(name)} cannot be a checksum database`, {
    hint: "the name in GOSUMDB must be host or host/path",
  });
}

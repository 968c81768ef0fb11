import { hostname } from "node:os";
import { join } from "node:path";
import type { CacheStatistics } from "../cache/module_cache.ts";
import type { Configuration } from "../config/configuration.ts";
import type { ModuleService } from "../daemon/module_service.ts";
import { refreshSoon } from "../daemon/refresh_soon.ts";
import type { StoreLocation } from "../daemon/store_location.ts";
import { WantFetcher } from "../daemon/want_fetcher.ts";
import type { ListenAddress } from "../http/access/listen_address.ts";
import { TlsCertificates } from "../http/access/tls_certificates.ts";
import { AccessLog } from "../http/access_log/access_log.ts";
import type { ExchangeObserver } from "../http/exchange_outcome.ts";
import { HealthHandler } from "../http/health/health_handler.ts";
import { writableDirectory } from "../http/health/writable_directory.ts";
import type { HttpHandler } from "../http/http_exchange.ts";
import type { HttpLimits } from "../http/http_limits.ts";
import type { HttpListener, ServerCertificate } from "../http/http_listener.ts";
import { HttpServer } from "../http/http_server.ts";
import { bracketed } from "../http/listen_target.ts";
import { MetricsHandler } from "../http/metrics/metrics_handler.ts";
import type { CacheCounts } from "../http/metrics/service_facts.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { Logger } from "../lib/logger.ts";
import type { InheritedSocket } from "../lib/socket_activation.ts";
import { ModuleProxyHandler } from "../proxy/module_proxy_handler.ts";
import { ReverseProxy } from "../proxy/revproxy/reverse_proxy.ts";
import { SumdbHandler } from "../proxy/sumdb_handler.ts";
import { StoredFiles } from "../sumdb/stored_files.ts";
import { VirtualTree } from "../tree/virtual_tree.ts";
import { WebdavHandler } from "../webdav/webdav_handler.ts";
import { ServerAccess } from "./access.ts";
import { listenOnAddresses } from "./listeners.ts";
import type { ServedReverseProxy } from "./ready_banner.ts";

/** What an HTTP front end is made of. */
export interface HttpFrontOptions {
  readonly configuration: Configuration;
  readonly service: ModuleService;
  readonly location: StoreLocation;
  readonly environment: NodeJS.ProcessEnv;
  readonly log: Logger;
  /** Sockets of the service manager. */
  readonly inherited: readonly InheritedSocket[];
}

/** Where a reverse proxy keeps what it keeps, below the state of the store. */
const REVERSE_PROXY_DIRECTORY = "revproxy";
const STANDARD_ERROR = 2;

/** Modules, checksum databases, a reverse proxy, metrics and health over HTTP. */
export class HttpFront {
  readonly #options: HttpFrontOptions;
  readonly #access: ServerAccess;
  readonly #certificates: TlsCertificates | undefined;
  readonly #accessLog: AccessLog | undefined;
  readonly #modules: ModuleProxyHandler;
  readonly #metrics: MetricsHandler;
  readonly #reverseProxy: ReverseProxy | undefined;
  readonly #server: HttpServer;
  /** For metrics at an address of their own. */
  readonly #metricsServer: HttpServer;
  readonly #webdavServer: HttpServer;
  #listeners: readonly HttpListener[] = [];
  #webdavListeners: readonly HttpListener[] = [];
  #isStopping = false;

  private constructor(
    options: HttpFrontOptions,
    parts: {
      readonly access: ServerAccess;
      readonly certificates: TlsCertificates | undefined;
      readonly accessLog: AccessLog | undefined;
      readonly reverseProxy: ReverseProxy | undefined;
    },
  ) {
    const { configuration, service, location } = options;
    const { access, accessLog, reverseProxy } = parts;
    this.#options = options;
    this.#access = access;
    this.#certificates = parts.certificates;
    this.#accessLog = accessLog;
    this.#reverseProxy = reverseProxy;
    this.#modules = new ModuleProxyHandler({ cache: service.cache, queries: service.queries });
    this.#metrics = this.#createMetrics();
    const health = new HealthHandler({
      checks: [writableDirectory("store", location.state)],
      isStopping: () => this.#isStopping,
      circuits: () => service.circuits(),
      onFailure: (name, error) => options.log.error(`not ready: ${name}`, { error }),
    });
    const observe = this.#observe;
    const limits = httpLimits(configuration.limits);
    const handlers: readonly HttpHandler[] = [
      ...(reverseProxy === undefined ? [] : [reverseProxy]),
      new SumdbHandler({
        databases: service.databases.mirrors,
        isExempt: (path) => service.checksums.isExempt(path),
      }),
      this.#modules,
      health,
      ...(configuration.http.metrics === true ? [this.#metrics] : []),
    ];
    this.#server = new HttpServer({
      handlers,
      authenticate:
        reverseProxy === undefined ? access.authenticate : access.authenticateBesideProxy,
      observe,
      limits,
      ...(reverseProxy === undefined
        ? {}
        : {
            onConnect: (request, socket, head) => reverseProxy.connect(request, socket, head),
          }),
    });
    const fetcher = new WantFetcher(service.cache, service.database);
    const tree = new VirtualTree(service.store, new StoredFiles(location.checksums));
    service.cache.onResident(refreshSoon(tree));
    this.#webdavServer = new HttpServer({
      handlers: [health, new WebdavHandler({ tree, missing: fetcher })],
      authenticate: access.authenticate,
      observe,
      limits,
    });
    this.#metricsServer = new HttpServer({
      handlers: [this.#metrics, health],
      authenticate: access.authenticate,
      observe,
      limits,
    });
  }

  /** @throws GomodfsError as {@linkcode listenOnAddresses}, and for files that the configuration names */
  static async start(options: HttpFrontOptions): Promise<HttpFront> {
    const { configuration, log } = options;
    const { http } = configuration;
    const access = await ServerAccess.load(http, log);
    const certificates =
      http.tls && (await TlsCertificates.load(http.tls, { log, now: () => Date.now() }));
    const accessLog = http.access_log
      ? await AccessLog.open({ target: STANDARD_ERROR, addressOf: access.addressOf })
      : undefined;
    // The front end and its reverse proxy need each other.
    let observe: ExchangeObserver = () => {};
    const reverseProxy = await openReverseProxy(options, access, (exchange, outcome) =>
      observe(exchange, outcome),
    );
    const front = new HttpFront(options, { access, certificates, accessLog, reverseProxy });
    observe = front.#observe;
    try {
      await front.#listen();
      return front;
    } catch (error) {
      await front.close();
      throw error;
    }
  }

  /** The URLs that clients use as GOPROXY; a Unix socket's path has none. */
  get urls(): string[] {
    return this.#listeners.map((listener) => urlOf(listener));
  }

  /** The URLs of the tree over WebDAV. */
  get webdavUrls(): string[] {
    return this.#webdavListeners.map((listener) => urlOf(listener));
  }

  /** The reverse proxy's hosts, and the file of certificates with which clients believe it; undefined without one. */
  get reverseProxy(): ServedReverseProxy | undefined {
    const { hosts } = this.#options.configuration.reverse_proxy;
    return this.#reverseProxy && { hosts, bundle: this.#reverseProxy.authority.bundleFile };
  }

  /**
   * Reads credentials and certificate again, and takes over what of a new configuration does not need a new start.
   *
   * @throws GomodfsError for what cannot be used; what held before goes on to hold
   */
  async reload({ http }: Configuration): Promise<void> {
    await this.#access.reload(http);
    if (this.#certificates === undefined) return;
    await this.#certificates.reload();
    const certificate = certificateOf(this.#certificates);
    for (const listener of [...this.#listeners, ...this.#webdavListeners]) {
      listener.setCertificate(certificate);
    }
  }

  /** Lets answers finish, as long as the configuration says, and ends. */
  async close(): Promise<void> {
    this.#isStopping = true;
    const grace = this.#options.configuration.limits.shutdown_timeout;
    await Promise.all([
      this.#server.close({ grace }),
      this.#metricsServer.close({ grace }),
      this.#webdavServer.close({ grace }),
      this.#reverseProxy?.close({ grace }),
    ]);
    this.#metrics[Symbol.dispose]();
    await this.#accessLog?.[Symbol.asyncDispose]();
  }

  async #listen(): Promise<void> {
    const { configuration, inherited } = this.#options;
    const { http, webdav } = configuration;
    const certificate = this.#certificates && certificateOf(this.#certificates);
    const listen = async (
      server: HttpServer,
      addresses: readonly ListenAddress[],
    ): Promise<HttpListener[]> =>
      await listenOnAddresses(server, { addresses, certificate, guards: http, inherited });
    this.#listeners = await listen(this.#server, http.listen);
    this.#webdavListeners = await listen(this.#webdavServer, webdav.listen);
    if (typeof http.metrics === "object") await listen(this.#metricsServer, [http.metrics]);
  }

  readonly #observe: ExchangeObserver = (exchange, outcome) => {
    this.#metrics.observe(exchange, outcome);
    this.#accessLog?.observe(exchange, outcome);
  };

  #createMetrics(): MetricsHandler {
    const { service } = this.#options;
    const reverseProxy = this.#reverseProxy;
    return new MetricsHandler({
      requests: () => this.#server.requests,
      connections: () => this.#server.connections,
      cache: () => ({ ...this.#modules.counts(), ...fetchCounts(service.cache.statistics()) }),
      upstreamFailures: () => service.cache.statistics().failuresByCode,
      circuits: () => service.circuits(),
      store: () => service.store.usage(),
      droppedLogLines: () => this.#accessLog?.dropped ?? 0,
      ...(reverseProxy === undefined ? {} : { reverseProxy: () => reverseProxy.statistics() }),
    });
  }
}

function fetchCounts({
  fetched,
  failed,
  flights,
}: CacheStatistics): Pick<CacheCounts, "fetched" | "failed" | "flights"> {
  return { fetched, failed, flights: flights.length };
}

async function openReverseProxy(
  { configuration, location, environment, log }: HttpFrontOptions,
  access: ServerAccess,
  observe: ExchangeObserver,
): Promise<ReverseProxy | undefined> {
  const { hosts, directory, max_size: cacheBytes } = configuration.reverse_proxy;
  if (hosts.length === 0) return undefined;
  return await ReverseProxy.open({
    hosts,
    directory: directory ?? join(location.state, REVERSE_PROXY_DIRECTORY),
    env: environment,
    log,
    authorize: access.authenticateToProxy,
    observe,
    cacheBytes,
  });
}

function httpLimits(limits: Configuration["limits"]): Partial<HttpLimits> {
  return {
    connections: limits.max_connections,
    requests: limits.max_requests,
    headTime: limits.header_timeout,
    idleTime: limits.idle_timeout,
    stallTime: limits.stall_timeout,
  };
}

function certificateOf({ context }: TlsCertificates): ServerCertificate {
  const { key, cert } = context;
  const isPem = (value: unknown): value is string | Buffer =>
    typeof value === "string" || value instanceof Buffer;
  if (isPem(key) && isPem(cert)) return { key, cert };
  throw new GomodfsError("USAGE", "the certificate and its key are not in PEM form");
}

function urlOf({ target, address, isSecure }: HttpListener): string {
  if (typeof address === "string") return `unix:${address}`;
  const bound = address ?? { address: "", port: 0 };
  // The name that was asked for is the one that a certificate has; all addresses are none that a client can use.
  const host = target.kind === "tcp" ? target.host : bound.address;
  const isEvery = host === undefined || host === "::" || host === "0.0.0.0";
  const scheme = isSecure ? "https" : "http";
  return `${scheme}://${isEvery ? hostname() : bracketed(host)}:${bound.port}`;
}

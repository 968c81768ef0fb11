import { lookup } from "node:dns";
import { Agent, type ClientRequestArgs, type IncomingMessage, request } from "node:http";
import { connect, isIP, type LookupFunction, type Socket } from "node:net";
import type { Duplex, Readable } from "node:stream";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { networkError } from "../../lib/network_error.ts";
import { redactUrl } from "../../lib/redact_url.ts";
import { systemErrorCode } from "../../lib/retry_policy.ts";
import type { HttpTimeouts } from "../../upstream/exchange_watch.ts";
import type { Environment } from "../../upstream/go_installation.ts";
import { openTunnel } from "../../upstream/http1/connect_tunnel.ts";
import { authorityOf, type Endpoint, routeTo } from "../../upstream/http1/proxy_route.ts";
import { untilConnected } from "../../upstream/http1/socket_events.ts";
import { TlsConnector } from "../../upstream/http1/tls_connector.ts";
import type { RawFields } from "./forwarded_fields.ts";
import { type ListedHosts, originOf, type Target, targetOfUrl } from "./listed_hosts.ts";
import { isPrivateAddress } from "./private_addresses.ts";

/** What {@linkcode UpstreamRequests} are made of. */
export interface UpstreamRequestsOptions {
  readonly hosts: ListedHosts;
  /** For HTTP_PROXY, HTTPS_PROXY, NO_PROXY and the certificate authorities that it names. */
  readonly env: Environment;
  readonly timeouts: Pick<HttpTimeouts, "connect" | "idle">;
  /** Looks names up; the system's way unless given. */
  readonly lookup?: LookupFunction;
}

/** A request to a listed host. */
export interface UpstreamRequest {
  readonly method: string;
  readonly url: URL;
  /** With Host, without what is about one connection. */
  readonly fields: RawFields;
  /** None for requests without content. */
  readonly body?: Readable;
  readonly signal: AbortSignal;
}

const CONNECTIONS_PER_HOST = 32;
const CONNECTIONS = 256;
const IDLE_CONNECTIONS_PER_HOST = 8;
const IDLE_TIME = 15_000;
/** As `upstream/http1` allows. */
const MAX_HEAD_BYTES = 64 * 1024;

/** Sends requests to listed hosts as they are, over kept connections: straight, or through the machine's own proxies. */
export class UpstreamRequests implements Disposable {
  readonly #options: UpstreamRequestsOptions;
  readonly #agents: Readonly<Record<Target["scheme"], DialingAgent>>;
  #tlsConnector: TlsConnector | undefined;

  constructor(options: UpstreamRequestsOptions) {
    this.#options = options;
    const agentOf = (scheme: Target["scheme"]): DialingAgent =>
      new DialingAgent(async (name, port) => await this.#dial({ scheme, name, port }));
    this.#agents = { http: agentOf("http"), https: agentOf("https") };
  }

  /**
   * Sends a request and gives the answer as soon as its head is there. Whoever reads its content meets the errors of it.
   *
   * @throws GomodfsError `UPSTREAM`, `TIMEOUT`, `FORBIDDEN` for an address that must not be asked; the signal's reason
   */
  async send(sent: UpstreamRequest): Promise<IncomingMessage> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#sendOnce(sent);
      } catch (error) {
        if (!(error instanceof StaleConnection)) throw error;
        // A kept connection that the server had closed meanwhile; a body could not be sent a second time.
        if (sent.body !== undefined || attempt > IDLE_CONNECTIONS_PER_HOST) throw error.reason;
      }
    }
  }

  [Symbol.dispose](): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  async #sendOnce({
    method,
    url,
    fields,
    body,
    signal,
  }: UpstreamRequest): Promise<IncomingMessage> {
    signal.throwIfAborted();
    const target = targetOf(url);
    const route = routeTo(url, this.#options.env);
    const isForwarded = route.kind === "forward";
    const { idle } = this.#options.timeouts;
    const name = `${method} ${redactUrl(url)}`;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const sent = request({
      agent: this.#agents[target.scheme],
      host: target.name,
      port: target.port,
      method,
      path: `${isForwarded ? url.origin : ""}${url.pathname}${url.search}`,
      headers: [...fields, ...(isForwarded ? Object.entries(route.proxy.headers).flat() : [])],
      maxHeaderSize: MAX_HEAD_BYTES,
      timeout: idle,
      signal,
    });
    sent.on("timeout", () => {
      sent.destroy(new GomodfsError("TIMEOUT", `${name} got nothing for ${idle} ms`));
    });
    sent.on("response", resolve);
    sent.on("error", (error) => {
      const reason: unknown = signal.aborted ? signal.reason : describe(name, error);
      const isStale = sent.reusedSocket && systemErrorCode(error) === "ECONNRESET";
      reject(isStale ? new StaleConnection(reason) : reason);
    });
    if (body === undefined) sent.end();
    else body.on("error", (error) => sent.destroy(error)).pipe(sent);
    return await promise;
  }

  async #dial(target: Target): Promise<Socket> {
    const url = new URL(originOf(target));
    const route = routeTo(url, this.#options.env);
    const { connect: connectTime } = this.#options.timeouts;
    const origin = { secure: target.scheme === "https", host: target.name, port: target.port };
    const late = new GomodfsError("TIMEOUT", `${url.host}: no connection in ${connectTime} ms`);
    const timeout = new AbortController();
    using _timer = timer(connectTime, () => timeout.abort(late));
    const { signal } = timeout;
    switch (route.kind) {
      case "direct":
        return await this.#connect(origin, this.#guardedLookup(target), signal);
      case "forward":
        return await this.#connect(route.proxy, undefined, signal);
      case "tunnel": {
        const socket = await this.#connect(route.proxy, undefined, signal);
        await openTunnel(socket, route.proxy, origin, signal);
        return await this.#secure(origin, socket, signal);
      }
    }
  }

  async #connect(
    server: Endpoint,
    lookUp: LookupFunction | undefined,
    signal: AbortSignal,
  ): Promise<Socket> {
    const { host, port } = server;
    const socket = connect({ host, port, noDelay: true, ...(lookUp && { lookup: lookUp }) });
    await untilConnected(socket, "connect", signal);
    return server.secure ? await this.#secure(server, socket, signal) : socket;
  }

  async #secure(server: Endpoint, socket: Socket, signal: AbortSignal): Promise<Socket> {
    this.#tlsConnector ??= new TlsConnector(this.#options.env, true);
    return await this.#tlsConnector.connect(server, { socket }, signal);
  }

  /** A listed name may come to lead into the private network by the will of its DNS alone: that must be meant by us. */
  #guardedLookup(target: Target): LookupFunction {
    const lookUp = this.#options.lookup ?? lookup;
    const isMeant = this.#options.hosts.find(target)?.port !== undefined;
    return (name, options, answer) => {
      lookUp(name, options, (error, addresses, family) => {
        const all = typeof addresses === "string" ? [{ address: addresses }] : addresses;
        const isRefused =
          error === null && !isMeant && all.some(({ address }) => isPrivateAddress(address));
        answer(isRefused ? privateAddress(target) : error, addresses, family);
      });
    };
  }
}

/** The error for a target whose address is private and was not listed with its port. */
export function privateAddress(target: Target): GomodfsError {
  return new GomodfsError("FORBIDDEN", `${target.name} is an address of a private network`, {
    hint: `list it as ${authorityOf({ secure: false, host: target.name, port: target.port })} if that is meant`,
  });
}

/** Whether a target is a private address itself. */
export function isPrivateTarget({ name }: Target): boolean {
  return (
    name === "localhost" ||
    name.endsWith(".localhost") ||
    (isIP(name) !== 0 && isPrivateAddress(name))
  );
}

/** Keeps connections that are made asynchronously by us. */
class DialingAgent extends Agent {
  readonly #dial: (host: string, port: number) => Promise<Socket>;

  constructor(dial: (host: string, port: number) => Promise<Socket>) {
    super({
      keepAlive: true,
      maxSockets: CONNECTIONS_PER_HOST,
      maxTotalSockets: CONNECTIONS,
      maxFreeSockets: IDLE_CONNECTIONS_PER_HOST,
      timeout: IDLE_TIME,
    });
    this.#dial = dial;
  }

  override createConnection(
    { host, port }: ClientRequestArgs,
    done?: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    if (done !== undefined) void this.#connect(host ?? "", Number(port), done);
  }

  async #connect(
    host: string,
    port: number,
    done: (error: Error | null, socket: Duplex) => void,
  ): Promise<void> {
    let socket: Socket;
    try {
      socket = await this.#dial(host, port);
    } catch (error) {
      // Node looks at the socket of a success only; that there must be one in its type is a slip.
      Reflect.apply(done, undefined, [error]);
      return;
    }
    done(null, socket);
  }
}

/** The server may have closed the kept connection before it saw the request. */
class StaleConnection extends Error {
  readonly reason: unknown;

  constructor(reason: unknown) {
    super("the kept connection was closed");
    this.reason = reason;
  }
}

function describe(name: string, error: unknown): GomodfsError {
  if (!(error instanceof GomodfsError)) return networkError(name, error);
  return new GomodfsError(error.code, `${name}: ${error.message}`, {
    cause: error,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  });
}

function targetOf(url: URL): Target {
  const target = targetOfUrl(url);
  if (target === undefined) throw new GomodfsError("INVALID", `${url.protocol} is not proxied`);
  return target;
}

function timer(milliseconds: number, act: () => void): Disposable {
  const timeout = setTimeout(act, milliseconds);
  return { [Symbol.dispose]: () => clearTimeout(timeout) };
}

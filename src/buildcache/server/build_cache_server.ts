import { createServer, type Server, type Socket } from "node:net";
import { listenOn } from "../../http/listen_target.ts";
import { isGomodfsError } from "../../lib/gomodfs_error.ts";
import type { Logger } from "../../lib/logger.ts";
import type { BuildCache } from "../build_cache.ts";
import type { LiveSessions } from "../disk/live_sessions.ts";
import type { CacheAddress } from "./cache_address.ts";
import { DeferredBuildCache } from "./deferred_build_cache.ts";
import { type RequestCounts, RequestMeter } from "./metered_build_cache.ts";
import type { PeerUser } from "./peer_user.ts";
import { PrivateBuildCache, type PrivateBuildCacheOptions } from "./private_build_cache.ts";
import { SessionWarnings } from "./session_warnings.ts";
import type { SharedBuildCache } from "./shared_build_cache.ts";
import { serveStreams } from "./stream_session.ts";
import { TokenLine } from "./token_line.ts";
import { mayWrite, type WritePermission } from "./write_permission.ts";

/** What a server of build caches is made of. */
export interface BuildCacheServerOptions {
  readonly address: CacheAddress;
  readonly cache: SharedBuildCache;
  /** Where sessions register, so that nothing is removed that they were told of. */
  readonly sessions: LiveSessions;
  readonly permission: WritePermission;
  /** Who connected to a Unix socket. Needed where `permission` names users. */
  readonly peerUser: PeerUser;
  /** For clients that may not write. */
  readonly private: PrivateBuildCacheOptions;
  /** Milliseconds that builds under way have to end when the server is closed. */
  readonly closeTimeout: number;
  /** A build has ended: a moment to clean up. */
  readonly onSessionEnd: () => void;
  readonly log: Logger;
}

/** What a server did since it started. */
export interface BuildCacheServerStatistics extends RequestCounts {
  /** Builds under way. */
  readonly sessions: number;
  /** Builds that began. */
  readonly begun: number;
  /** Of those, the ones that might not write. */
  readonly readOnly: number;
  /** What happened in tiers behind the directory. */
  readonly tiers: Readonly<Record<string, number>>;
}

/** Builds at a time. More are turned away by the system, and do without the server. */
const MAX_CONNECTIONS = 1_024;

/** Gives many go commands one build cache, each through a bridge (`gomodfs cacheprog connect`). */
export class BuildCacheServer {
  readonly #options: BuildCacheServerOptions;
  readonly #server: Server;
  readonly #meter = new RequestMeter();
  readonly #underWay = new Map<Socket, Promise<void>>();
  #begun = 0;
  #readOnly = 0;

  private constructor(options: BuildCacheServerOptions) {
    this.#options = options;
    // Half-open: go-cache-plugin's bridge ends its side first and then waits for the last answer.
    const settings = { allowHalfOpen: true, noDelay: true };
    this.#server = createServer(settings, (socket) => this.#accept(socket));
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /** @throws GomodfsError `BUSY` if something else listens there, `USAGE` if nothing can */
  static async start(options: BuildCacheServerOptions): Promise<BuildCacheServer> {
    const server = new BuildCacheServer(options);
    await listenOn(server.#server, options.address);
    return server;
  }

  /** Where it listens; the port is the one that the system chose if it was to. */
  get address(): CacheAddress {
    const { address } = this.#options;
    const bound = this.#server.address();
    if (address.kind === "unix" || typeof bound !== "object" || bound === null) return address;
    return { ...address, port: bound.port };
  }

  statistics(): BuildCacheServerStatistics {
    return {
      sessions: this.#underWay.size,
      begun: this.#begun,
      readOnly: this.#readOnly,
      ...this.#meter.counts,
      tiers: this.#options.cache.statistics(),
    };
  }

  /** Takes no new builds, lets those under way end, and closes the cache. */
  async close(): Promise<void> {
    const stopped = new Promise((resolve) => this.#server.close(resolve));
    const timer = setTimeout(() => {
      for (const socket of this.#underWay.keys()) socket.destroy();
    }, this.#options.closeTimeout);
    await Promise.all(this.#underWay.values());
    clearTimeout(timer);
    await stopped;
    await this.#options.cache.close();
  }

  #accept(socket: Socket): void {
    // A client that goes away is no error; reading notices it.
    socket.on("error", () => socket.destroy());
    this.#begun += 1;
    const session = this.#serve(socket).finally(() => {
      this.#underWay.delete(socket);
      this.#options.onSessionEnd();
    });
    this.#underWay.set(socket, session);
  }

  async #serve(socket: Socket): Promise<void> {
    const { log, sessions } = this.#options;
    const tokenLine = new TokenLine();
    const warnings = new SessionWarnings((message) => log.warn(message));
    const cache = new DeferredBuildCache(() => this.#open(socket, tokenLine));
    using _registered = sessions.register();
    try {
      await serveStreams(this.#meter.meter(cache), {
        input: socket,
        output: socket,
        warn: (message) => warnings.warn(message),
        takeOff: (input) => tokenLine.takeOff(input),
      });
      socket.end();
      // What was half sent is of no use to anybody; and a client that keeps its side open would hold the connection.
      socket.resume();
      socket.setTimeout(LINGER, () => socket.destroy());
    } catch (error) {
      socket.destroy();
      if (isGomodfsError(error, "PROTOCOL")) log.warn("a build broke the protocol", { error });
      else log.error("a build's session failed", { error });
    } finally {
      warnings.end();
    }
  }

  #open(socket: Socket, { token }: TokenLine): BuildCache {
    const { cache, permission, peerUser, private: privateOptions, log } = this.#options;
    const uid =
      permission.kind === "some" && permission.uids.size > 0 ? peerUser(socket) : undefined;
    if (mayWrite(permission, { uid, token })) return cache.open("write");
    this.#readOnly += 1;
    if (token !== undefined && permission.kind === "some") {
      log.warn("a build gave a token that is not known: it may only read");
    }
    return new PrivateBuildCache(cache.open("read"), privateOptions);
  }
}

/** Milliseconds that a client has to take the last answer. */
const LINGER = 5_000;

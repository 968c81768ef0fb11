import type { Logger } from "../../lib/logger.ts";
import { MemoryReceiver } from "../body_receiver.ts";
import { GoCommandSource } from "../go_command_source.ts";
import type { Environment } from "../go_installation.ts";
import type { GoSettings } from "../go_settings.ts";
import { HttpClient } from "../http_client.ts";
import { HttpProxyTransport } from "../http_proxy_transport.ts";
import { ModuleProxy } from "../module_proxy.ts";
import type { RequestCredentials } from "../request_credentials.ts";
import type { ZipSpool } from "../zip_receiver.ts";
import { DirectSource } from "./direct_source.ts";
import { GitRepositories } from "./git/git_repositories.ts";
import { GoImportPages } from "./go_import_pages.ts";
import { Govcs } from "./govcs.ts";
import { RepositoryRoots } from "./repository_roots.ts";

/** What a {@linkcode DirectUpstream} is made of. */
export interface DirectUpstreamOptions {
  readonly settings: Pick<GoSettings, "GOINSECURE" | "GOPRIVATE" | "GOVCS" | "goCommand">;
  /** Go's and git's settings, and where credentials are. */
  readonly environment: Environment;
  /** `gomodfs/VERSION`. */
  readonly userAgent: string;
  /** For pages and for GOPROXYs that they name; git has its own. */
  readonly credentials: RequestCredentials;
  /** Directory of clones, which stay; made when it is needed. */
  readonly cloneDirectory: string;
  /** Directory for what the go command works on; made when it is needed. */
  readonly goDirectory: string;
  /** For zips on their way in. */
  readonly spool: ZipSpool;
  readonly log: Logger;
  readonly limits?: VersionControlLimits;
}

/** What version control may take; what is left out is bounded as {@linkcode GitRepositories} says. */
export interface VersionControlLimits {
  /** Milliseconds of one command. */
  readonly timeout?: number;
  /** Bytes of one clone. */
  readonly maxRepositoryBytes?: number;
  /** Bytes of all clones that are kept. */
  readonly maxBytes?: number;
}

/** Milliseconds; as long as cmd/go waits (cmd/go/internal/web/http.go, `impatientInsecureHTTPClient`). */
const IMPATIENCE = 5_000;
/** Milliseconds: a page is small, and asked for by somebody who waits. */
const PAGE_TIMEOUTS = { connect: 15_000, idle: 30_000, total: 60_000 };
/** Pages of one host at once. */
const CONNECTIONS_PER_HOST = 8;

/** All that `direct` needs: where repositories are, git, GOPROXYs that pages name, and the go command for the rest. */
export class DirectUpstream implements AsyncDisposable {
  readonly source: DirectSource;
  readonly #git: GitRepositories;
  readonly #goCommand: GoCommandSource | undefined;
  readonly #clients: readonly HttpClient[];

  constructor(options: DirectUpstreamOptions) {
    const { settings, environment, userAgent, credentials, spool, log } = options;
    const http = {
      userAgent,
      env: environment,
      credentials,
      connectionsPerHost: CONNECTIONS_PER_HOST,
    };
    const pageClient = new HttpClient({ ...http, timeouts: PAGE_TIMEOUTS });
    const insecureClient = new HttpClient({
      ...http,
      insecure: true,
      timeouts: { connect: IMPATIENCE, idle: IMPATIENCE, total: IMPATIENCE },
      retry: { attempts: 1 },
    });
    const moduleClient = new HttpClient({ userAgent, env: environment, credentials });
    this.#clients = [pageClient, insecureClient, moduleClient];
    this.#git = new GitRepositories({
      ...options.limits,
      environment,
      directory: options.cloneDirectory,
      isAbsentPage: async (url, signal) => await isAbsent(pageClient, url, signal),
    });
    this.#goCommand =
      settings.goCommand === undefined
        ? undefined
        : new GoCommandSource({
            command: settings.goCommand,
            environment,
            spoolDirectory: options.goDirectory,
            log,
          });
    const roots = new RepositoryRoots({
      pages: new GoImportPages({ client: pageClient, insecureClient }),
      govcs: new Govcs(settings.GOVCS, settings.GOPRIVATE),
      goinsecure: settings.GOINSECURE,
      allowedProtocols: environment["GIT_ALLOW_PROTOCOL"],
      isReachable: async (url, { insecure, signal }) => {
        return await this.#git.open(url, { insecure }).isReachable({ signal });
      },
    });
    this.source = new DirectSource({
      roots,
      gitRepository: ({ url, insecure }) => this.#git.open(url, { insecure }),
      proxy: (url) => new ModuleProxy(new HttpProxyTransport(url, moduleClient, spool)),
      goCommand: this.#goCommand,
      spoolDirectory: spool.directory,
      log,
    });
  }

  /** Ends what runs. Clones stay. */
  async close(): Promise<void> {
    await this.#git.close();
    await this.#goCommand?.close();
    for (const client of this.#clients) await client.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * Whether a server says that it has nothing at a URL (cmd/go/internal/modfetch/codehost/git.go, `loadRefs`: git's own
 * error does not tell).
 */
async function isAbsent(client: HttpClient, url: URL, signal: AbortSignal): Promise<boolean> {
  const result = await client.get({
    url,
    signal,
    maxBytes: 1,
    beginningOnly: true,
    receive: (size) => new MemoryReceiver(size),
  });
  return !result.ok && (result.status === 404 || result.status === 410);
}

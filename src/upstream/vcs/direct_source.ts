import { LRUCache } from "lru-cache";
import { GomodfsError, isGomodfsError } from "../../lib/gomodfs_error.ts";
import type { Logger } from "../../lib/logger.ts";
import { redactUserinfo } from "../../lib/redact_url.ts";
import { RequestQueue } from "../../lib/request_queue.ts";
import {
  formatModuleVersion,
  type ModulePath,
  type ModuleVersion,
} from "../../module/module_version.ts";
import type { ZipBytes } from "../../store/module_store.ts";
import type { FetchOptions, VersionControlSource } from "../module_source.ts";
import type { CodeHost } from "./code_host.ts";
import { ModuleRepository } from "./code_repository/module_repository.ts";
import { CodeRepositorySource } from "./code_repository_source.ts";
import type { RepositoryRoot, RepositoryRoots } from "./repository_roots.ts";

/** What a {@linkcode DirectSource} is made of. */
export interface DirectSourceOptions {
  readonly roots: Pick<RepositoryRoots, "find">;
  /** Gives a git repository. @throws GomodfsError `INVALID` or `FORBIDDEN` for a URL that must not be asked */
  readonly gitRepository: (root: GitRoot) => CodeHost;
  /** Gives the GOPROXY at a URL. */
  readonly proxy: (url: URL) => VersionControlSource;
  /** For other version control systems; undefined where there is no go command. */
  readonly goCommand: VersionControlSource | undefined;
  /** Directory for zips on their way in. */
  readonly spoolDirectory: string;
  readonly log: Logger;
}

/** Questions under way at once: each may keep a process or two busy. */
const MAX_QUESTIONS = 16;
/** Modules whose repositories are remembered. */
const MAX_MODULES = 1_000;
/** Module versions that the log has named already. */
const MAX_NAMED = 10_000;

/**
 * Modules from where their paths lead: a git repository, a GOPROXY that their host names, or what only the go command
 * knows to read (cmd/go/internal/modfetch/repo.go, `lookupDirect`).
 */
export class DirectSource implements VersionControlSource {
  readonly #options: DirectSourceOptions;
  readonly #queue = new RequestQueue({ slots: MAX_QUESTIONS });
  /** By module path and where it is. */
  readonly #modules = new LRUCache<string, VersionControlSource>({ max: MAX_MODULES });
  readonly #named = new LRUCache<string, true>({ max: MAX_NAMED });

  constructor(options: DirectSourceOptions) {
    this.#options = options;
  }

  async info(id: ModuleVersion, options: FetchOptions = {}): Promise<Uint8Array> {
    return await this.#askVersion(id, options, async (source) => await source.info(id, options));
  }

  async goMod(id: ModuleVersion, options: FetchOptions = {}): Promise<Uint8Array> {
    return await this.#askVersion(id, options, async (source) => await source.goMod(id, options));
  }

  async zip(id: ModuleVersion, options: FetchOptions = {}): Promise<ZipBytes> {
    return await this.#askVersion(id, options, async (source) => await source.zip(id, options));
  }

  async versions(path: ModulePath, options: FetchOptions = {}): Promise<Uint8Array> {
    return await this.#ask(path, options, async (source) => await source.versions(path, options));
  }

  async latest(path: ModulePath, options: FetchOptions = {}): Promise<Uint8Array> {
    return await this.#ask(path, options, async (source) => await source.latest(path, options));
  }

  async revision(
    path: ModulePath,
    revision: string,
    options: FetchOptions = {},
  ): Promise<Uint8Array> {
    return await this.#ask(path, options, async (source) => {
      return await source.revision(path, revision, options);
    });
  }

  async #askVersion<T>(id: ModuleVersion, options: FetchOptions, ask: Ask<T>): Promise<T> {
    return await this.#ask(id.path, options, async (source, root) => {
      this.#nameOnce(id, root);
      return await ask(source, root);
    });
  }

  async #ask<T>(path: ModulePath, options: FetchOptions, ask: Ask<T>): Promise<T> {
    const { priority = "demand", signal } = options;
    return await this.#queue.run(priority, signal, async () => {
      const root = await this.#options.roots.find(path, options);
      return await ask(this.#sourceOf(path, root), root);
    });
  }

  #sourceOf(path: ModulePath, root: RepositoryRoot): VersionControlSource {
    const key = `${path} ${JSON.stringify(root)}`;
    let source = this.#modules.get(key);
    if (source === undefined) {
      source = this.#open(path, root);
      this.#modules.set(key, source);
    }
    return source;
  }

  #open(path: ModulePath, root: RepositoryRoot): VersionControlSource {
    const { gitRepository, proxy, goCommand, spoolDirectory } = this.#options;
    switch (root.kind) {
      case "proxy":
        return proxy(root.url);
      case "other":
        if (goCommand === undefined) throw goMissing(path, root.system);
        return goCommand;
      case "git": {
        const host = gitRepository(root);
        return new CodeRepositorySource(moduleIn(host, path, root), spoolDirectory);
      }
    }
  }

  #nameOnce(id: ModuleVersion, root: RepositoryRoot): void {
    const name = formatModuleVersion(id);
    // The go command's runs are named where they are made.
    if (root.kind === "other" || this.#named.has(name)) return;
    this.#named.set(name, true);
    const where = redactUserinfo(root.kind === "git" ? root.url : root.url.href);
    this.#options.log.info(`fetching ${name} directly from ${where}`);
  }
}

type Ask<T> = (source: VersionControlSource, root: RepositoryRoot) => Promise<T>;
type GitRoot = Extract<RepositoryRoot, { kind: "git" }>;

function moduleIn(
  host: CodeHost,
  path: ModulePath,
  { root, subdirectory }: GitRoot,
): ModuleRepository {
  try {
    return new ModuleRepository({ host, path, root, subdirectory });
  } catch (error) {
    // The path is a module's; this repository cannot have it.
    if (!isGomodfsError(error, "INVALID")) throw error;
    throw new GomodfsError("NOT_FOUND", error.message, { cause: error });
  }
}

function goMissing(path: ModulePath, system: string): GomodfsError {
  return new GomodfsError(
    "UNSUPPORTED",
    `${path} would have to come directly from ${system}, which gomodfs cannot do without a go command`,
    {
      hint: `install Go and ${system}, or add a proxy that serves it to GOPROXY and set GONOPROXY=none if GOPRIVATE matches it`,
    },
  );
}

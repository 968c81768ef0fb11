import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { LRUCache } from "lru-cache";
import { removeRepository } from "./bare_repository.ts";
import { Git, type GitOptions } from "./git.ts";
import { parseGitRemote, type RemoteRules } from "./git_remote.ts";
import { GitRepository, type GitRepositoryOptions } from "./git_repository.ts";
import { RepositoryLock } from "./repository_lock.ts";
import { directorySize } from "./size_limit.ts";

/** What {@linkcode GitRepositories} are made of. */
export interface GitRepositoriesOptions
  extends GitOptions,
    Pick<GitRepositoryOptions, "isAbsentPage"> {
  /** Where the clones are; made if it is missing. Several processes may share it. */
  readonly directory: string;
  /** Milliseconds for which the references of a remote are believed; five seconds unless given. */
  readonly freshness?: number;
  /** Bytes that one clone may have on disk; 4 GiB unless given. */
  readonly maxRepositoryBytes?: number;
  /** Clones that are kept; 200 unless given. */
  readonly maxRepositories?: number;
  /** Bytes of all clones that are kept; 8 GiB unless given. */
  readonly maxBytes?: number;
  /** Whether remotes may be repositories of this machine: for tests. */
  readonly allowFiles?: boolean;
}

const DEFAULT_FRESHNESS = 5_000;
const DEFAULT_MAX_REPOSITORY_BYTES = 4 * 2 ** 30;
const DEFAULT_MAX_REPOSITORIES = 200;
const DEFAULT_MAX_BYTES = 8 * 2 ** 30;
/** Remotes whose references are remembered. */
const MAX_OPEN = 1_000;
/** Milliseconds between something fetched and a look at the room that all clones take. */
const TRIM_DELAY = 1_000;

/** Remote git repositories, and their clones on this machine: those that were used least recently go first. */
export class GitRepositories implements AsyncDisposable {
  readonly #options: GitRepositoriesOptions;
  readonly #git: Git;
  readonly #open = new LRUCache<string, GitRepository>({ max: MAX_OPEN });
  readonly #closing = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #trimming: Promise<void> = Promise.resolve();

  constructor(options: GitRepositoriesOptions) {
    this.#options = options;
    this.#git = new Git(options);
  }

  /**
   * The repository at a URL. Nothing is asked yet.
   *
   * @throws GomodfsError `INVALID` or `FORBIDDEN` as {@linkcode parseGitRemote}
   */
  open(url: string, { insecure = false }: Pick<RemoteRules, "insecure"> = {}): GitRepository {
    const key = `${insecure} ${url}`;
    const known = this.#open.get(key);
    if (known !== undefined) return known;
    const { allowedProtocols } = this.#git;
    const remote = parseGitRemote(url, {
      insecure,
      files: this.#options.allowFiles,
      allowedProtocols,
    });
    const repository = new GitRepository({
      git: this.#git,
      remote,
      path: join(this.#options.directory, digestOf(url)),
      cloneDirectory: this.#options.directory,
      freshness: this.#options.freshness ?? DEFAULT_FRESHNESS,
      maxRepositoryBytes: this.#options.maxRepositoryBytes ?? DEFAULT_MAX_REPOSITORY_BYTES,
      closing: this.#closing.signal,
      onGrowth: () => this.#trimSoon(),
      isAbsentPage: this.#options.isAbsentPage,
    });
    this.#open.set(key, repository);
    return repository;
  }

  /**
   * Removes clones until the others are within the bounds; those that somebody uses stay.
   *
   * @throws GomodfsError `STORE`, or the system's error
   */
  async trim(): Promise<void> {
    const { directory, maxRepositories = DEFAULT_MAX_REPOSITORIES } = this.#options;
    const { maxBytes = DEFAULT_MAX_BYTES } = this.#options;
    const clones = await listClones(directory);
    let count = clones.length;
    let bytes = clones.reduce((sum, { size }) => sum + size, 0);
    for (const { path, size } of clones) {
      if (count <= maxRepositories && bytes <= maxBytes) return;
      await using lock = await RepositoryLock.tryChange(`${path}.lock`);
      if (lock === undefined) continue;
      await removeRepository(path);
      count -= 1;
      bytes -= size;
    }
  }

  /** Ends what runs. The clones stay. */
  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await Promise.all([this.#git.settled(), this.#trimming]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #trimSoon(): void {
    if (this.#timer !== undefined || this.#closing.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      // What cannot be removed now is tried again when something has been fetched.
      this.#trimming = this.#trimming.then(async () => await this.trim()).catch(() => undefined);
    }, TRIM_DELAY).unref();
  }
}

interface Clone {
  readonly path: string;
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly lastUse: number;
}

/** The least recently used first. */
async function listClones(directory: string): Promise<Clone[]> {
  const clones: Clone[] = [];
  for (const name of await readdir(directory)) {
    if (!/^[0-9a-f]{64}$/.test(name)) continue;
    const path = join(directory, name);
    const lock = await stat(`${path}.lock`).catch(() => undefined);
    clones.push({ path, size: await directorySize(path), lastUse: lock?.mtimeMs ?? 0 });
  }
  return clones.sort((a, b) => a.lastUse - b.lastUse);
}

/** The name of a clone, as cmd/go names its own (codehost.go, `WorkDir`): no clone can be in another. */
function digestOf(url: string): string {
  return createHash("sha256").update(`git:${url}`).digest("hex");
}

import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { GomodfsError, isGomodfsError } from "../../../lib/gomodfs_error.ts";
import type { CommandOutcome } from "../../bounded_command.ts";
import { checkDamage } from "./bare_repository.ts";
import type { Git } from "./git.ts";
import { REMOTE_NAME } from "./git_environment.ts";
import { remoteError } from "./git_error.ts";
import type { GitRemote } from "./git_remote.ts";
import { RemoteRefs } from "./remote_refs.ts";
import { directorySize, withinSizeLimit } from "./size_limit.ts";

/** What a {@linkcode GitFetcher} is made of. */
export interface GitFetcherOptions {
  readonly git: Git;
  readonly remote: GitRemote;
  /** Bytes that a repository may have on disk. */
  readonly maxRepositoryBytes: number;
}

/** In a repository: the digest of the references whose whole history is there. */
const HISTORY_FILE = "gomodfs-history";
/** Where a commit that has no reference of its own is kept. */
const NAME_OF_HASH = "refs/gomodfs/fetched";
/**
 * Heads and tags, no others: a host has references for proposals, too, whose commits must not pass for the module's
 * (codehost/git.go, `fetchRefsLocked`).
 */
const ALL_REFSPECS = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"];
/** git itself puts packs together from as many on (git-config(1), gc.autoPackLimit). */
const MAX_PACKS = 50;
/** Bytes of a list of all references: some 600,000. */
const MAX_LIST_BYTES = 64 << 20;
/** Milliseconds for it. */
const LIST_TIMEOUT = 120_000;

/** Asks a remote, and brings to a bare repository what is needed of it. */
export class GitFetcher {
  readonly #options: GitFetcherOptions;

  constructor(options: GitFetcherOptions) {
    this.#options = options;
  }

  /**
   * The references of the remote.
   *
   * @param directory an empty one, or a repository
   * @throws GomodfsError `NOT_FOUND` if there is no such repository, `UPSTREAM`, `FORBIDDEN`, `TOO_LARGE`, `TIMEOUT`,
   *   `CANCELLED`
   */
  async list(directory: string, signal: AbortSignal | undefined): Promise<RemoteRefs> {
    const { git, remote } = this.#options;
    const { status, stdout, stderr } = await git.run({
      args: ["ls-remote", "-q", "--end-of-options", REMOTE_NAME],
      directory,
      remote,
      maxOutput: MAX_LIST_BYTES,
      timeout: LIST_TIMEOUT,
      signal,
    });
    if (status !== 0) throw remoteError(`git ls-remote ${remote.name}`, stderr, status);
    return RemoteRefs.parse(stdout.toString());
  }

  /**
   * Fetches one commit, without its history unless all that is there has one.
   *
   * @param ref that points to it; servers may refuse a hash
   * @returns whether git succeeded
   * @throws GomodfsError `TOO_LARGE`, `TIMEOUT`, `CANCELLED`; DamagedRepository
   */
  async fetchCommit(
    directory: string,
    ref: string,
    hash: string,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const refspec = ref === "HEAD" ? `+${hash}:${NAME_OF_HASH}` : `+${ref}:${ref}`;
    // A depth would cut off the history of what comes.
    const isComplete = (await readHistory(directory)) !== undefined;
    const depth = isComplete ? [] : ["--depth=1"];
    const { status } = await this.#fetch(directory, depth, [refspec], signal);
    return status === 0;
  }

  /**
   * Fetches all branches and tags with their history, unless they are there.
   *
   * @throws GomodfsError as {@linkcode list}; DamagedRepository
   */
  async fetchHistory(
    directory: string,
    refs: RemoteRefs,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (await hasHistory(directory, refs)) return;
    // Gits up to 2.23 at least want the references first and then the depth (golang.org/issue/34266).
    await this.#fetchAll(directory, ["--prune"], signal);
    if (existsSync(join(directory, "shallow"))) {
      await this.#fetchAll(directory, ["--unshallow"], signal);
    }
    await writeFile(join(directory, HISTORY_FILE), refs.digest());
  }

  async #fetchAll(
    directory: string,
    flags: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { status, stderr } = await this.#fetch(directory, flags, ALL_REFSPECS, signal);
    const { name } = this.#options.remote;
    if (status !== 0) throw remoteError(`git fetch ${name}`, stderr, status);
  }

  async #fetch(
    directory: string,
    flags: readonly string[],
    refspecs: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<CommandOutcome> {
    const { git, remote, maxRepositoryBytes } = this.#options;
    const limit = {
      measure: async () => await directorySize(directory),
      maxBytes: maxRepositoryBytes,
      error: () => tooLarge(remote.name, maxRepositoryBytes),
    };
    const outcome = await withinSizeLimit(limit, signal, async (either) => {
      return await git.run({
        args: ["fetch", "-q", "-f", ...flags, "--end-of-options", REMOTE_NAME, ...refspecs],
        directory,
        remote,
        signal: either,
      });
    });
    checkDamage(outcome);
    if (outcome.status === 0) await this.#packTogether(directory, signal);
    return outcome;
  }

  async #packTogether(directory: string, signal: AbortSignal | undefined): Promise<void> {
    const names = await readdir(join(directory, "objects/pack")).catch(() => []);
    if (names.filter((name) => name.endsWith(".pack")).length < MAX_PACKS) return;
    try {
      await this.#options.git.run({ args: ["gc", "--quiet"], directory, signal });
    } catch (error) {
      // What was wanted is there. The next fetch tries again.
      if (isGomodfsError(error, "CANCELLED")) throw error;
    }
  }
}

/** Whether the whole history of all references is in a repository. */
export async function hasHistory(directory: string, refs: RemoteRefs): Promise<boolean> {
  return (await readHistory(directory)) === refs.digest();
}

async function readHistory(directory: string): Promise<string | undefined> {
  return await readFile(join(directory, HISTORY_FILE), "utf8").catch(() => undefined);
}

function tooLarge(name: string, maxBytes: number): GomodfsError {
  return new GomodfsError("TOO_LARGE", `the clone of ${name} is larger than ${maxBytes} bytes`, {
    hint: "ask for a tagged version, which needs no history, or allow larger repositories",
  });
}

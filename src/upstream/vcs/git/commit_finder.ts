import { GomodfsError, isGomodfsError } from "../../../lib/gomodfs_error.ts";
import { type BareRepository, checkDamage } from "./bare_repository.ts";
import type { Git } from "./git.ts";
import { type GitFetcher, hasHistory } from "./git_fetcher.ts";
import { isHashPrefix, type RefMatch, type RemoteRefs } from "./remote_refs.ts";

/** A commit that is in the clone. */
export interface Commit {
  readonly hash: string;
  /** When it was committed, in whole seconds. */
  readonly time: Date;
  /** The tag by which it was found without the remote. */
  readonly ref?: string;
}

/** What a {@linkcode CommitFinder} is made of. */
export interface CommitFinderOptions {
  readonly git: Git;
  readonly clone: Pick<BareRepository, "write">;
  readonly fetcher: GitFetcher;
  readonly refs: (signal: AbortSignal) => Promise<RemoteRefs>;
  /** Told when something has been fetched. */
  readonly onGrowth: () => void;
}

/** Finds the commit of a revision in a clone, and fetches it where that is necessary (codehost/git.go, `stat`). */
export class CommitFinder {
  readonly #options: CommitFinderOptions;

  constructor(options: CommitFinderOptions) {
    this.#options = options;
  }

  /**
   * @param directory of the clone
   * @param revision a fit name
   * @throws GomodfsError `NOT_FOUND` if there is no such revision, and as the remote is asked; DamagedRepository
   */
  async find(directory: string, revision: string, signal: AbortSignal): Promise<Commit> {
    if (isHashPrefix(revision)) {
      const commit = await this.#read(directory, revision, signal);
      // Not what a branch of that name points to.
      if (commit?.hash.startsWith(revision)) return commit;
    }
    const refs = await this.#refsOrTag(directory, revision, signal);
    if ("hash" in refs) return refs;
    const match = refs.match(revision);
    if (match === undefined) throw unknownRevision(revision);
    const commit =
      (match.hash && (await this.#read(directory, match.hash, signal))) ||
      (await this.#options.clone.write(directory, signal, async () => {
        return await this.#fetch(directory, revision, match, refs, signal);
      }));
    if (commit === undefined) throw unknownRevision(revision);
    return commit;
  }

  /** The names of the tags in the clone that point to a commit, sorted. */
  async localTags(directory: string, { hash }: Commit, signal: AbortSignal): Promise<string[]> {
    const args = [
      "for-each-ref",
      "--format=%(refname)",
      `--points-at=${hash}`,
      "refs/tags/",
    ] as const;
    const outcome = await this.#options.git.run({ args, directory, signal });
    checkDamage(outcome);
    const names = outcome.stdout.toString().split("\n").filter(Boolean);
    return names.map((name) => name.slice("refs/tags/".length));
  }

  /** A tag of the clone if the remote cannot be asked: tags are assumed not to change their meaning. */
  async #refsOrTag(
    directory: string,
    revision: string,
    signal: AbortSignal,
  ): Promise<RemoteRefs | Commit> {
    try {
      return await this.#options.refs(signal);
    } catch (error) {
      if (!isGomodfsError(error, "UPSTREAM") && !isGomodfsError(error, "TIMEOUT")) throw error;
      const ref = `refs/tags/${revision}`;
      const commit = await this.#read(directory, ref, signal);
      if (commit === undefined) throw error;
      return { ...commit, ref };
    }
  }

  async #fetch(
    directory: string,
    revision: string,
    { ref, hash }: RefMatch,
    refs: RemoteRefs,
    signal: AbortSignal,
  ): Promise<Commit | undefined> {
    const read = async (name: string): Promise<Commit | undefined> => {
      return await this.#read(directory, name, signal);
    };
    const { fetcher, onGrowth } = this.#options;
    if (hash !== undefined) {
      // Somebody else may have fetched it before it was our turn.
      const there = await read(hash);
      if (there !== undefined) return there;
    }
    // A hash that no reference has is not fetched alone: it might be a proposal's.
    if (ref !== undefined && hash !== undefined) {
      const isFetched = await fetcher.fetchCommit(directory, ref, hash, signal);
      onGrowth();
      // The reference may have moved meanwhile.
      const moved = ref === "HEAD" || hash.startsWith(revision) ? undefined : ref;
      const commit = (await read(hash)) ?? (isFetched && moved ? await read(moved) : undefined);
      if (commit !== undefined) return commit;
    }
    if (!(await hasHistory(directory, refs))) {
      await fetcher.fetchHistory(directory, refs, signal);
      onGrowth();
    }
    return await read(hash ?? revision);
  }

  /** The commit of a name, if it is in the clone. */
  async #read(directory: string, name: string, signal: AbortSignal): Promise<Commit | undefined> {
    const outcome = await this.#options.git.run({
      args: [
        "log",
        "--no-decorate",
        "-n1",
        "--format=format:%H %ct",
        "--end-of-options",
        name,
        "--",
      ],
      directory,
      signal,
    });
    checkDamage(outcome);
    const [, hash, seconds] =
      /^([0-9a-f]{40,64}) (\d{1,11})\s*$/.exec(outcome.stdout.toString()) ?? [];
    if (outcome.status !== 0 || hash === undefined) return undefined;
    return { hash, time: new Date(Number(seconds) * 1000) };
  }
}

/** codehost.go, `UnknownRevisionError` */
export function unknownRevision(revision: string): GomodfsError {
  return new GomodfsError("NOT_FOUND", `unknown revision ${revision}`);
}

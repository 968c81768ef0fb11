import { GomodfsError, isGomodfsError } from "../../../lib/gomodfs_error.ts";
import { quote } from "../../../module/quote.ts";
import { compare, isValid } from "../../../module/semver.ts";
import type { CodeHost, CodeHostOptions, Revision, TagList } from "../code_host.ts";
import { BareRepository, checkDamage, makeCloneDirectory } from "./bare_repository.ts";
import { CommitFinder, unknownRevision } from "./commit_finder.ts";
import type { Git } from "./git.ts";
import { writeArchive } from "./git_archive.ts";
import { GitFetcher, hasHistory } from "./git_fetcher.ts";
import { checkRepositoryPath, type GitRemote, isRevisionName } from "./git_remote.ts";
import { KeptRefs } from "./kept_refs.ts";
import { type RemoteRefs, tagSum } from "./remote_refs.ts";

/** What a {@linkcode GitRepository} is made of. */
export interface GitRepositoryOptions {
  readonly git: Git;
  readonly remote: GitRemote;
  /** Where the clone is, or is to be, in a directory of clones. */
  readonly path: string;
  /** The directory of clones, which is no repository itself. */
  readonly cloneDirectory: string;
  /** Milliseconds for which references of the remote are believed. */
  readonly freshness: number;
  /** Bytes that the clone may have on disk. */
  readonly maxRepositoryBytes: number;
  /** Ends all that runs. */
  readonly closing: AbortSignal;
  /** Told when something has been fetched. */
  readonly onGrowth: () => void;
  /** Whether a web server says 404 or 410 of a URL; git cannot tell that from others if it wants a login. */
  readonly isAbsentPage?: ((url: URL, signal: AbortSignal) => Promise<boolean>) | undefined;
}

/** Bytes of a list of local tags. */
const MAX_TAG_LIST_BYTES = 16 << 20;

/** A remote git repository, read through a clone that grows as it is needed (cmd/go/internal/modfetch/codehost/git.go). */
export class GitRepository implements CodeHost {
  readonly name: string;
  readonly #options: GitRepositoryOptions;
  readonly #refs: KeptRefs;
  readonly #clone: BareRepository;
  readonly #fetcher: GitFetcher;
  readonly #commits: CommitFinder;

  constructor(options: GitRepositoryOptions) {
    const { git, remote, path } = options;
    this.name = remote.name;
    this.#options = options;
    this.#refs = new KeptRefs(async (signal) => await this.#listRefs(signal), options.freshness);
    const refs = async (signal?: AbortSignal): Promise<RemoteRefs> => await this.#refs.get(signal);
    this.#clone = new BareRepository({
      git,
      path,
      name: remote.name,
      objectFormat: async (signal) => ((await refs(signal)).hashLength === 64 ? "sha256" : "sha1"),
    });
    this.#fetcher = new GitFetcher(options);
    this.#commits = new CommitFinder({
      ...options,
      refs,
      clone: this.#clone,
      fetcher: this.#fetcher,
    });
  }

  /**
   * Whether git can reach the repository.
   *
   * @throws GomodfsError `CANCELLED`
   */
  async isReachable({ signal }: CodeHostOptions = {}): Promise<boolean> {
    try {
      await this.#refs.get(this.#either(signal));
      return true;
    } catch (error) {
      if (!isGomodfsError(error) || error.code === "CANCELLED") throw error;
      return false;
    }
  }

  async tags(prefix: string, { signal }: CodeHostOptions = {}): Promise<TagList> {
    const tags = (await this.#refs.get(this.#either(signal))).tags(prefix);
    const origin = { VCS: "git", URL: this.name, TagPrefix: prefix, TagSum: tagSum(prefix, tags) };
    return { origin, tags };
  }

  async stat(revision: string, options: CodeHostOptions = {}): Promise<Revision> {
    // codehost/git.go, `Stat`
    if (revision === "latest") return await this.latest(options);
    checkRevision(revision);
    return await this.#use(options, async (directory, signal) => {
      const commit = await this.#commits.find(directory, revision, signal);
      const refs = await this.#refs.get(signal).catch(throwCancelled);
      const tags =
        refs?.tagsOf(commit.hash) ?? (await this.#commits.localTags(directory, commit, signal));
      const ref = refs === undefined ? commit.ref : referenceOf(refs, revision, commit.hash);
      return {
        origin: {
          VCS: "git",
          URL: this.name,
          Hash: commit.hash,
          ...(ref !== undefined && { Ref: ref }),
        },
        name: commit.hash,
        short: commit.hash.slice(0, 12),
        version: tags.includes(revision) ? revision : commit.hash,
        time: commit.time,
        tags,
      };
    });
  }

  async latest(options: CodeHostOptions = {}): Promise<Revision> {
    const hash = (await this.#refs.get(this.#either(options.signal))).hashOf("HEAD");
    if (hash === undefined) {
      throw new GomodfsError("NOT_FOUND", `git repository ${this.name} has no commits`);
    }
    const revision = await this.stat(hash, options);
    return { ...revision, origin: { ...revision.origin, Hash: hash, Ref: "HEAD" } };
  }

  async readFile(
    revision: string,
    file: string,
    maxBytes: number,
    options: CodeHostOptions = {},
  ): Promise<Uint8Array> {
    checkRepositoryPath(file);
    return await this.#use(options, async (directory, signal) => {
      const { hash } = await this.#find(directory, revision, signal);
      const what = `${file} of ${this.name} at ${revision}`;
      const args = ["cat-file", "--end-of-options", "blob", `${hash}:${file}`] as const;
      const outcome = await this.#options.git
        .run({ args, directory, maxOutput: maxBytes, signal })
        .catch((error: unknown) => {
          if (!isGomodfsError(error, "TOO_LARGE")) throw error;
          throw new GomodfsError("TOO_LARGE", `${what} is larger than ${maxBytes} bytes`);
        });
      if (outcome.status === 0) return outcome.stdout;
      checkDamage(outcome);
      throw new GomodfsError("NOT_FOUND", `${what} does not exist`);
    });
  }

  async recentTag(
    revision: string,
    prefix: string,
    allowed: (tag: string) => boolean,
    options: CodeHostOptions = {},
  ): Promise<string | undefined> {
    return await this.#use(options, async (directory, signal) => {
      const { hash } = await this.#find(directory, revision, signal);
      const refs = await this.#refs.get(signal);
      const candidates = refs
        .tags(prefix)
        .filter(({ name }) => isValid(name.slice(prefix.length)) && allowed(name))
        .toSorted((a, b) => compare(b.name.slice(prefix.length), a.name.slice(prefix.length)));
      const [highest] = candidates;
      // Without a tag no history is needed, and the highest of all needs no comparison with its ancestors.
      if (highest === undefined) return undefined;
      if (await this.#isAncestor(directory, highest.hash, hash, signal)) return highest.name;
      await this.#fetchHistory(directory, refs, signal);
      const merged = await this.#mergedTags(directory, hash, signal);
      return candidates.find(({ name }) => merged.has(name))?.name;
    });
  }

  async descendsFrom(
    revision: string,
    tag: string,
    options: CodeHostOptions = {},
  ): Promise<boolean> {
    return await this.#use(options, async (directory, signal) => {
      const refs = await this.#refs.get(signal);
      const ancestor = refs.hashOfTag(tag);
      if (ancestor === undefined) return false;
      const { hash } = await this.#find(directory, revision, signal);
      if (await this.#isAncestor(directory, ancestor, hash, signal)) return true;
      if (await hasHistory(directory, refs)) return false;
      await this.#fetchHistory(directory, refs, signal);
      return await this.#isAncestor(directory, ancestor, hash, signal);
    });
  }

  async readZip(
    revision: string,
    directory: string,
    target: string,
    maxBytes: number,
    options: CodeHostOptions = {},
  ): Promise<void> {
    if (directory !== "") checkRepositoryPath(directory);
    await this.#use(options, async (clone, signal) => {
      const { hash } = await this.#find(clone, revision, signal);
      const what = `${directory === "" ? "" : `${directory} of `}${this.name} at ${revision}`;
      await writeArchive(this.#options.git, {
        clone,
        hash,
        directory,
        target,
        maxBytes,
        what,
        signal,
      });
    });
  }

  async #find(
    directory: string,
    revision: string,
    signal: AbortSignal,
  ): Promise<{ readonly hash: string }> {
    const refs = revision === "latest" ? await this.#refs.get(signal) : undefined;
    const wanted = refs?.hashOf("HEAD") ?? revision;
    checkRevision(wanted);
    return await this.#commits.find(directory, wanted, signal);
  }

  async #fetchHistory(directory: string, refs: RemoteRefs, signal: AbortSignal): Promise<void> {
    await this.#clone.write(directory, signal, async () => {
      await this.#fetcher.fetchHistory(directory, refs, signal);
    });
    this.#options.onGrowth();
  }

  /** False if a commit is not there, or what is between the two. */
  async #isAncestor(
    directory: string,
    ancestor: string,
    hash: string,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (ancestor === hash) return true;
    const args = ["merge-base", "--is-ancestor", "--end-of-options", ancestor, hash] as const;
    const outcome = await this.#options.git.run({ args, directory, signal });
    if (outcome.status !== 0) checkDamage(outcome);
    return outcome.status === 0;
  }

  async #mergedTags(
    directory: string,
    hash: string,
    signal: AbortSignal,
  ): Promise<ReadonlySet<string>> {
    const outcome = await this.#options.git.run({
      args: ["for-each-ref", "--format=%(refname)", `--merged=${hash}`, "refs/tags/"],
      directory,
      maxOutput: MAX_TAG_LIST_BYTES,
      signal,
    });
    checkDamage(outcome);
    const names = outcome.stdout.toString().split("\n");
    return new Set(names.map((name) => name.slice("refs/tags/".length)));
  }

  async #listRefs(signal: AbortSignal): Promise<RemoteRefs> {
    const { remote, cloneDirectory, isAbsentPage } = this.#options;
    await makeCloneDirectory(cloneDirectory);
    try {
      return await this.#fetcher.list(cloneDirectory, signal);
    } catch (error) {
      // codehost/git.go, `loadRefs`: hosts ask for a login where nothing is, too.
      const isUnclear = isGomodfsError(error, "UPSTREAM") && /^https?:/.test(remote.name);
      if (!isUnclear || !(await isAbsentPage?.(new URL(remote.name), signal))) throw error;
      throw new GomodfsError("NOT_FOUND", error.message, { cause: error });
    }
  }

  async #use<T>(
    { signal }: CodeHostOptions,
    task: (directory: string, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const either = this.#either(signal);
    return await this.#clone.use(either, async (directory) => await task(directory, either));
  }

  #either(signal: AbortSignal | undefined): AbortSignal {
    const { closing } = this.#options;
    return signal === undefined ? closing : AbortSignal.any([signal, closing]);
  }
}

/** The reference that an origin names: none for HEAD, as cmd/go has it. */
function referenceOf(refs: RemoteRefs, revision: string, hash: string): string | undefined {
  const match = refs.match(revision);
  return match?.hash === hash && match.ref !== "HEAD" ? match.ref : undefined;
}

function checkRevision(revision: string): void {
  if (!isRevisionName(revision)) throw unknownRevision(quote(revision));
}

/** For what can do without an answer of the remote. */
function throwCancelled(error: unknown): undefined {
  if (isGomodfsError(error, "CANCELLED")) throw error;
  return undefined;
}

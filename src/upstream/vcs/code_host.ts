import type { Origin } from "../../module/revision_info.ts";

/** A revision of a repository (cmd/go/internal/modfetch/codehost.RevInfo). */
export interface Revision {
  readonly origin: Origin;
  /** The complete name: with git, the 40 hexadecimal digits of a commit. */
  readonly name: string;
  /** Its beginning as pseudo-versions have it: 12 digits with git. */
  readonly short: string;
  /** What was asked for, if that was a tag; otherwise the name. */
  readonly version: string;
  /** Of the commit, whole seconds, UTC. */
  readonly time: Date;
  /** The tags that point to it. */
  readonly tags: readonly string[];
}

/** A tag and the revision that it points to. */
export interface Tag {
  readonly name: string;
  readonly hash: string;
}

/** The tags of a repository that begin with a prefix. */
export interface TagList {
  /** Has `TagPrefix` and `TagSum`. */
  readonly origin: Origin;
  readonly tags: readonly Tag[];
}

/** How to ask a {@linkcode CodeHost}. */
export interface CodeHostOptions {
  /** Gives up: the promise rejects with GomodfsError `CANCELLED`. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A repository of version control as modules are made from it (cmd/go/internal/modfetch/codehost.Repo).
 *
 * Every method throws GomodfsError: `NOT_FOUND` for a revision, file or repository that is not there, `TOO_LARGE` past a
 * bound, `TIMEOUT`, `CANCELLED`, `FORBIDDEN` where settings forbid it, otherwise `UPSTREAM`.
 */
export interface CodeHost {
  /** Its remote without credentials, for messages. */
  readonly name: string;
  /** All tags whose names begin with `prefix`. */
  tags(prefix: string, options?: CodeHostOptions): Promise<TagList>;
  /** The revision that a tag, branch, or complete or shortened hash names. */
  stat(revision: string, options?: CodeHostOptions): Promise<Revision>;
  /** The newest revision of the default branch. */
  latest(options?: CodeHostOptions): Promise<Revision>;
  /** A file at a revision, at most `maxBytes`. */
  readFile(
    revision: string,
    file: string,
    maxBytes: number,
    options?: CodeHostOptions,
  ): Promise<Uint8Array>;
  /**
   * The newest tag that begins with `prefix`, that `allowed` admits, and that is an ancestor of the revision or the
   * revision itself; undefined if there is none.
   */
  recentTag(
    revision: string,
    prefix: string,
    allowed: (tag: string) => boolean,
    options?: CodeHostOptions,
  ): Promise<string | undefined>;
  /** Whether the revision is a tag's or comes after it. */
  descendsFrom(revision: string, tag: string, options?: CodeHostOptions): Promise<boolean>;
  /**
   * Writes a zip of what is below a directory of the repository (all if it is "") to a new file at `target`, with the
   * files' names relative to the root of the repository, below one made-up top-level directory. At most `maxBytes`.
   */
  readZip(
    revision: string,
    directory: string,
    target: string,
    maxBytes: number,
    options?: CodeHostOptions,
  ): Promise<void>;
}

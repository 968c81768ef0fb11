import { createHash } from "node:crypto";
import { GomodfsError } from "../../../lib/gomodfs_error.ts";
import { compareBytes } from "../../../module/byte_order.ts";
import { isPseudoVersion } from "../../../module/pseudo.ts";
import { canonical } from "../../../module/semver.ts";
import type { Tag } from "../code_host.ts";
import { isRevisionName } from "./git_remote.ts";

/** What a revision stands for on the remote. */
export interface RefMatch {
  /** The full name, `refs/tags/v1.0.0`; undefined for a hash that no reference has. */
  readonly ref: string | undefined;
  /** The complete hash; undefined if the revision begins one that is not a reference's. */
  readonly hash: string | undefined;
}

/** Digits of SHA-1 and SHA-256. */
const HASH_LENGTHS = [40, 64] as const;
/** git's own shortened hashes have as many (cmd/go/internal/modfetch/codehost/git.go, `minHashDigits`). */
const MIN_HASH_DIGITS = 7;

const TAG_PREFIX = "refs/tags/";
const PEELED_SUFFIX = "^{}";

/** Whether a revision may be a hash or the beginning of one. */
export function isHashPrefix(revision: string): boolean {
  return revision.length >= MIN_HASH_DIGITS && /^[0-9a-f]{7,64}$/.test(revision);
}

/** HEAD, branches and tags of a remote repository, and the commits that they point to. */
export class RemoteRefs {
  readonly #refs: ReadonlyMap<string, string>;
  #digest: string | undefined;
  /** Digits of a complete hash: 40, or 64 in a repository with SHA-256. */
  readonly hashLength: (typeof HASH_LENGTHS)[number];

  private constructor(refs: ReadonlyMap<string, string>) {
    this.#refs = refs;
    const [first] = refs.values();
    this.hashLength = first?.length === 64 ? 64 : 40;
  }

  /** Reads what `git ls-remote` prints. Annotated tags stand for what they point to. Unfit lines are passed over. */
  static parse(text: string): RemoteRefs {
    const refs = new Map<string, string>();
    const peeled = new Map<string, string>();
    for (const line of text.split("\n")) {
      const [, hash, name] =
        /^([0-9a-f]{40}|[0-9a-f]{64})\t(HEAD|refs\/(?:heads|tags)\/\S+)$/.exec(line) ?? [];
      if (hash === undefined || name === undefined) continue;
      const isPeeled = name.endsWith(PEELED_SUFFIX);
      const ref = isPeeled ? name.slice(0, -PEELED_SUFFIX.length) : name;
      if (isRevisionName(ref)) (isPeeled ? peeled : refs).set(ref, hash);
    }
    return new RemoteRefs(new Map([...refs, ...peeled]));
  }

  /** The commit that a reference points to. */
  hashOf(ref: string): string | undefined {
    return this.#refs.get(ref);
  }

  /** The commit of a tag. */
  hashOfTag(tag: string): string | undefined {
    return this.#refs.get(`${TAG_PREFIX}${tag}`);
  }

  /** The tags that begin with a prefix, sorted by their bytes. */
  tags(prefix = ""): Tag[] {
    const tags: Tag[] = [];
    for (const [ref, hash] of this.#refs) {
      if (ref.startsWith(`${TAG_PREFIX}${prefix}`)) {
        tags.push({ name: ref.slice(TAG_PREFIX.length), hash });
      }
    }
    return tags.sort((a, b) => compareBytes(a.name, b.name));
  }

  /** The names of the tags that point to a commit, sorted. */
  tagsOf(hash: string): string[] {
    return this.tags()
      .filter((tag) => tag.hash === hash)
      .map((tag) => tag.name);
  }

  /**
   * What a revision stands for: a tag before a branch before HEAD before a hash; undefined if it cannot be any
   * (cmd/go/internal/modfetch/codehost/git.go, `stat`).
   *
   * @throws GomodfsError `NOT_FOUND` if several commits' hashes begin so
   */
  match(revision: string): RefMatch | undefined {
    for (const ref of [`${TAG_PREFIX}${revision}`, `refs/heads/${revision}`, "HEAD"]) {
      const hash = this.#refs.get(ref);
      if (hash !== undefined && (ref !== "HEAD" || revision === "HEAD")) return { ref, hash };
    }
    if (!isHashPrefix(revision) || revision.length > this.hashLength) return undefined;
    return this.#matchHash(revision);
  }

  /** A digest of all names and hashes: the same as long as nothing has changed. */
  digest(): string {
    this.#digest ??= this.#computeDigest();
    return this.#digest;
  }

  #computeDigest(): string {
    const sum = createHash("sha256");
    for (const ref of [...this.#refs.keys()].sort(compareBytes)) {
      sum.update(`${ref} ${this.#refs.get(ref)}\n`);
    }
    return sum.digest("hex");
  }

  #matchHash(prefix: string): RefMatch {
    const matches = [...this.#refs].filter(([, hash]) => hash.startsWith(prefix));
    const hashes = new Set(matches.map(([, hash]) => hash));
    if (hashes.size > 1) {
      // More information will not change that.
      throw new GomodfsError("NOT_FOUND", `ambiguous revision ${prefix}`, {
        hint: "give more digits of the hash",
      });
    }
    const [hash = prefix.length === this.hashLength ? prefix : undefined] = hashes;
    const [ref] = matches.map(([name]) => name).sort(compareBytes);
    return { ref, hash };
  }
}

/**
 * The checksum of the tags that the versions of a module depend on (codehost/git.go, `Tags`).
 *
 * @param prefix that all of them have: the directory of the module, and more
 */
export function tagSum(prefix: string, tags: readonly Tag[]): string {
  const directory = prefix.slice(0, prefix.lastIndexOf("/") + 1);
  const sum = createHash("sha256");
  for (const { name, hash } of tags) {
    // Go's %q: nothing that stands in such a name is escaped.
    if (isOriginTag(name.slice(directory.length))) sum.update(`"${name}" ${hash}\n`);
  }
  return `t1:${sum.digest("base64")}`;
}

/** codehost.go, `isOriginTag`: tags with a suffix count, since pseudo-versions are based on them. */
function isOriginTag(tag: string): boolean {
  const version = canonical(tag);
  return version !== "" && tag.startsWith(version) && !isPseudoVersion(tag);
}

import type { BuildCache } from "../build_cache.ts";
import type { DiskTier } from "../disk/disk_tier.ts";
import { LocalBuildCache } from "../disk/local_build_cache.ts";
import type { BuildSetKey } from "../remote/build_set_key.ts";

/** What a go command may do with a shared build cache. */
export type Access = "read" | "write";

/** The tiers that many go commands share. */
export interface SharedBuildCache {
  /**
   * One more go command's view of it. With "read" nothing that it does is written to a bucket.
   *
   * @param setKeys which build it is, where that is known
   */
  open(access: Access, setKeys?: readonly BuildSetKey[]): BuildCache;
  /** What happened in tiers behind the directory, for people. */
  statistics(): Readonly<Record<string, number>>;
  /** No go command is left; fulfils when nothing is under way any more. */
  close(): Promise<void>;
}

/** A directory that many go commands share, and nothing behind it. */
export class SharedDirectory implements SharedBuildCache {
  readonly #tier: DiskTier;

  constructor(tier: DiskTier) {
    this.#tier = tier;
  }

  open(): BuildCache {
    return new LocalBuildCache(this.#tier);
  }

  statistics(): Readonly<Record<string, number>> {
    return {};
  }

  async close(): Promise<void> {}
}

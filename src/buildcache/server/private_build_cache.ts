import { GomodfsError } from "../../lib/gomodfs_error.ts";
import type { BuildCache, CachedOutput, OutputPut, PendingPut } from "../build_cache.ts";
import { DiskTier } from "../disk/disk_tier.ts";
import { LocalBuildCache } from "../disk/local_build_cache.ts";
import type { ActionId } from "../identifier.ts";
import { ByteBudget } from "./byte_budget.ts";
import { PrivateDirectory } from "./private_directory.ts";

/** What a session that may not write is given. */
export interface PrivateBuildCacheOptions {
  /** Where its directory is made, by the first put; others of this user may be there. */
  readonly root: string;
  /** Bytes that it may put. */
  readonly maxBytes: number;
  /** Bytes that it and others may put at a time; no bound but its own if undefined. */
  readonly total?: ByteBudget;
}

/**
 * A build cache for a build that is not trusted: it gets what the shared cache has, and what it puts is its own and goes
 * with it. Nothing that it does changes what another build gets, or takes more room than it was given.
 */
export class PrivateBuildCache implements BuildCache {
  readonly #shared: BuildCache;
  readonly #options: PrivateBuildCacheOptions;
  #own: { readonly directory: PrivateDirectory; readonly cache: LocalBuildCache } | undefined;
  readonly #budget: ByteBudget;

  /** @param shared is got from, never put into; closed with this one */
  constructor(shared: BuildCache, options: PrivateBuildCacheOptions) {
    this.#shared = shared;
    this.#options = options;
    this.#budget = new ByteBudget(options.maxBytes, options.total);
  }

  get(id: ActionId): CachedOutput | undefined | Promise<CachedOutput | undefined> {
    return this.#own?.cache.get(id) ?? this.#shared.get(id);
  }

  put(put: OutputPut): PendingPut {
    // Each put makes a record besides its output: a million empty outputs are not for nothing.
    if (!this.#budget.take(put.size + RECORD_BYTES)) {
      throw new GomodfsError(
        "TOO_LARGE",
        "this build may only read the shared cache, and what it may put for itself is used up",
        { hint: "give it more with --private-size, or let it write" },
      );
    }
    this.#own ??= this.#open();
    return this.#own.cache.put(put);
  }

  async close(): Promise<void> {
    const own = this.#own;
    this.#own = undefined;
    try {
      await this.#shared.close();
    } finally {
      own?.directory[Symbol.dispose]();
      this.#budget.release();
    }
  }

  #open(): { readonly directory: PrivateDirectory; readonly cache: LocalBuildCache } {
    const directory = new PrivateDirectory(this.#options.root);
    return { directory, cache: new LocalBuildCache(new DiskTier(directory.path)) };
  }
}

/** What a file system takes for a small file, about: a block. */
const RECORD_BYTES = 4_096;

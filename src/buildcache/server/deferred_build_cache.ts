import type { BuildCache, CachedOutput, OutputPut, PendingPut } from "../build_cache.ts";
import type { ActionId } from "../identifier.ts";

/** A build cache that is chosen when the first request comes: by then it is known who asks. */
export class DeferredBuildCache implements BuildCache {
  readonly #choose: () => BuildCache;
  #cache: BuildCache | undefined;

  constructor(choose: () => BuildCache) {
    this.#choose = choose;
  }

  get(id: ActionId): CachedOutput | undefined | Promise<CachedOutput | undefined> {
    return this.#chosen().get(id);
  }

  put(put: OutputPut): PendingPut {
    return this.#chosen().put(put);
  }

  async close(): Promise<void> {
    await this.#cache?.close();
  }

  #chosen(): BuildCache {
    this.#cache ??= this.#choose();
    return this.#cache;
  }
}

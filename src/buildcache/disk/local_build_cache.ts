import type { BuildCache, OutputPut, PendingPut } from "../build_cache.ts";
import type { ActionId } from "../identifier.ts";
import type { CachedOutput, DiskTier, OutputWriter } from "./disk_tier.ts";

/** A build cache that is a directory and nothing else. */
export class LocalBuildCache implements BuildCache {
  readonly #tier: DiskTier;
  readonly #clock: () => number;

  constructor(tier: DiskTier, clock: () => number = Date.now) {
    this.#tier = tier;
    this.#clock = clock;
  }

  get(id: ActionId): CachedOutput | undefined {
    return this.#tier.get(id);
  }

  put({ actionId, outputId, size }: OutputPut): PendingPut {
    const existing = this.#tier.output(outputId, size);
    const writer =
      existing === undefined ? this.#tier.create(outputId, size) : new KnownOutput(existing);
    return {
      write: (bytes) => writer.write(bytes),
      commit: () => {
        const path = writer.commit();
        this.#tier.record(actionId, { outputId, size, time: new Date(this.#clock()) });
        return path;
      },
      discard: () => writer.discard(),
    };
  }

  async close(): Promise<void> {}
}

/** Different actions often make the same: what is there was verified when it came. */
class KnownOutput implements OutputWriter {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  write(): void {}

  commit(): string {
    return this.#path;
  }

  discard(): void {}
}

import type { BuildCache, CachedOutput, OutputPut, PendingPut } from "../build_cache.ts";
import type { ActionId } from "../identifier.ts";

/** What go commands asked and were answered. */
export interface RequestCounts {
  readonly gets: number;
  readonly hits: number;
  /** Bytes of the outputs that were found. */
  readonly hitBytes: number;
  readonly puts: number;
  /** Bytes of the outputs that were put. */
  readonly putBytes: number;
  /** Gets and puts that ended with an error. */
  readonly failures: number;
}

/** Sums up what several sessions do. */
export class RequestMeter {
  #counts: RequestCounts = { gets: 0, hits: 0, hitBytes: 0, puts: 0, putBytes: 0, failures: 0 };

  get counts(): RequestCounts {
    return this.#counts;
  }

  /** The same cache, counted. */
  meter(cache: BuildCache): BuildCache {
    return {
      get: (id) => this.#get(cache, id),
      put: (put) => this.#put(cache, put),
      close: () => cache.close(),
    };
  }

  #get(
    cache: BuildCache,
    id: ActionId,
  ): CachedOutput | undefined | Promise<CachedOutput | undefined> {
    this.#add({ gets: 1 });
    const answer = cache.get(id);
    if (!(answer instanceof Promise)) return this.#found(answer);
    return answer.then((output) => this.#found(output), this.#fail);
  }

  #found(output: CachedOutput | undefined): CachedOutput | undefined {
    if (output !== undefined) this.#add({ hits: 1, hitBytes: output.size });
    return output;
  }

  #put(cache: BuildCache, put: OutputPut): PendingPut {
    const pending = this.#counted(() => cache.put(put));
    return {
      write: (bytes) => this.#counted(() => pending.write(bytes)),
      commit: () => {
        const path = this.#counted(() => pending.commit());
        this.#add({ puts: 1, putBytes: put.size });
        return path;
      },
      discard: () => pending.discard(),
    };
  }

  #counted<T>(act: () => T): T {
    try {
      return act();
    } catch (error) {
      return this.#fail(error);
    }
  }

  readonly #fail = (error: unknown): never => {
    this.#add({ failures: 1 });
    throw error;
  };

  #add(more: Partial<RequestCounts>): void {
    const { gets = 0, hits = 0, hitBytes = 0, puts = 0, putBytes = 0, failures = 0 } = more;
    const sum = this.#counts;
    this.#counts = {
      gets: sum.gets + gets,
      hits: sum.hits + hits,
      hitBytes: sum.hitBytes + hitBytes,
      puts: sum.puts + puts,
      putBytes: sum.putBytes + putBytes,
      failures: sum.failures + failures,
    };
  }
}

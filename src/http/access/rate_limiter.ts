import { LRUCache } from "lru-cache";

/** How often one client may ask. */
export interface RateLimit {
  readonly requestsPerSecond: number;
  /** Requests that it may make at once after a pause. */
  readonly burst: number;
}

/** How a limiter is made. */
export interface RateLimiterOptions {
  readonly limit: RateLimit;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  /** Clients that are kept in mind. The one that asked least recently is forgotten, and then has its whole burst. */
  readonly capacity?: number;
}

interface TokenBucket {
  tokens: number;
  /** When `tokens` was counted. */
  at: number;
}

const DEFAULT_CAPACITY = 50_000;

/** A token bucket for each client. */
export class RateLimiter {
  readonly #limit: RateLimit;
  readonly #clock: () => number;
  readonly #buckets: LRUCache<string, TokenBucket>;

  constructor({ limit, clock, capacity = DEFAULT_CAPACITY }: RateLimiterOptions) {
    this.#limit = limit;
    this.#clock = clock;
    this.#buckets = new LRUCache({ max: capacity });
  }

  /**
   * Takes a token of the client's bucket.
   *
   * @returns 0 if there was one, else the milliseconds until there is
   */
  take(key: string): number {
    const bucket = this.#refilled(key);
    const wait = this.#waitOf(bucket);
    if (wait === 0) bucket.tokens -= 1;
    return wait;
  }

  /** What {@linkcode take} would return, without taking. */
  check(key: string): number {
    return this.#buckets.has(key) ? this.#waitOf(this.#refilled(key)) : 0;
  }

  #waitOf({ tokens }: TokenBucket): number {
    return tokens >= 1 ? 0 : ((1 - tokens) / this.#limit.requestsPerSecond) * 1000;
  }

  #refilled(key: string): TokenBucket {
    const { requestsPerSecond, burst } = this.#limit;
    const now = this.#clock();
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      const full = { tokens: burst, at: now };
      this.#buckets.set(key, full);
      return full;
    }
    const refill = ((now - bucket.at) / 1000) * requestsPerSecond;
    bucket.tokens = Math.min(burst, bucket.tokens + refill);
    bucket.at = now;
    return bucket;
  }
}

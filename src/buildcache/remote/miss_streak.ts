/** Misses in a row after which the bucket is taken to know nothing of a build. */
const STREAK = 24;
/** One in so many is still asked for then. */
const SAMPLE = 8;

/**
 * Notices that a bucket knows nothing of what a build asks for: it is empty, or the compiler or a flag is new. Waiting for
 * its answers would then cost a round trip for each step of the build, and nobody gains by it; a few are asked for all the
 * same, without waiting, to notice when that changes.
 */
export class MissStreak {
  #misses = 0;
  #passedOver = 0;

  /** Whether answers are worth waiting for. */
  get isHopeful(): boolean {
    return this.#misses < STREAK;
  }

  /** Whether the next action should be asked for although no answer is waited for. */
  takeSample(): boolean {
    this.#passedOver += 1;
    return this.#passedOver % SAMPLE === 0;
  }

  /** Counts an answer of the bucket. */
  observe(isHit: boolean): void {
    this.#misses = isHit ? 0 : this.#misses + 1;
  }
}

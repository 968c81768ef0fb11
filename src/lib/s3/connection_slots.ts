import { GomodfsError } from "../gomodfs_error.ts";
import { cancelledError } from "./cancellation.ts";

/** A bounded number of places, given in the order in which they were asked for. */
export class ConnectionSlots {
  readonly #maxWaiting: number;
  readonly #waiting = new Set<() => void>();
  #free: number;

  /** @param maxWaiting how many may wait for a place; one more fails */
  constructor(slots: number, maxWaiting: number) {
    this.#free = slots;
    this.#maxWaiting = maxWaiting;
  }

  /**
   * Takes a place, when there is one; whoever has it must call {@linkcode release}.
   *
   * @throws GomodfsError `CANCELLED`, `BUSY`
   */
  async acquire(name: string, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) throw cancelledError(name, signal);
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    if (this.#waiting.size >= this.#maxWaiting) {
      const message = `${name}: ${this.#maxWaiting} requests already wait for a connection`;
      throw new GomodfsError("BUSY", message);
    }
    await this.#wait(name, signal);
  }

  /** Gives a place back. */
  release(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free += 1;
      return;
    }
    // The place goes from hand to hand: nobody may take it in between.
    this.#waiting.delete(next);
    next();
  }

  async #wait(name: string, signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abandon = (): void => {
      this.#waiting.delete(resolve);
      reject(cancelledError(name, signal));
    };
    signal?.addEventListener("abort", abandon, { once: true });
    this.#waiting.add(resolve);
    try {
      await promise;
    } finally {
      signal?.removeEventListener("abort", abandon);
    }
  }
}

/** Writes that nobody waits for until there are too many of them. */
export class PendingWrites {
  readonly #limit: number;
  readonly #onError: (error: unknown) => void;
  readonly #pending = new Set<Promise<void>>();

  /**
   * @param limit writes under way at most
   * @param onError is told what a write throws
   */
  constructor(limit: number, onError: (error: unknown) => void) {
    this.#limit = limit;
    this.#onError = onError;
  }

  /** Starts a write. Resolves at once or, at the limit, when an earlier one has ended. */
  async start(write: () => Promise<void>): Promise<void> {
    while (this.#pending.size >= this.#limit) await Promise.race(this.#pending);
    const pending = this.#run(write).finally(() => this.#pending.delete(pending));
    this.#pending.add(pending);
  }

  /** Resolves when all writes started so far have ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending);
  }

  async #run(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      this.#onError(error);
    }
  }
}

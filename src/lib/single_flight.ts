/** Runs at most one task for each key at a time: whoever asks while it runs gets the same promise. */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Promise<T>>();

  /** Number of tasks under way. */
  get size(): number {
    return this.#flights.size;
  }

  /** The keys of the tasks under way, the oldest first. */
  keys(): string[] {
    return [...this.#flights.keys()];
  }

  run(key: string, task: () => Promise<T>): Promise<T> {
    const current = this.#flights.get(key);
    if (current !== undefined) return current;
    const flight = task().finally(() => this.#flights.delete(key));
    this.#flights.set(key, flight);
    return flight;
  }
}

/** Runs an action once for all who ask for the same key while it is under way. Results are not kept. */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Promise<T>>();

  /** The result of the action under way for `key`, or else of `action`. */
  run(key: string, action: () => Promise<T>): Promise<T> {
    const flight = this.#flights.get(key);
    if (flight !== undefined) return flight;
    const started = action().finally(() => this.#flights.delete(key));
    this.#flights.set(key, started);
    return started;
  }
}

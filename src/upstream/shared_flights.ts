import { cancelled } from "../lib/request_queue.ts";

interface Flight<T> {
  readonly answer: Promise<T>;
  readonly controller: AbortController;
  passengers: number;
}

/**
 * Runs at most one task for each key at a time: whoever asks while it runs gets its answer. Who gives up leaves the
 * task to the others; it is cancelled when the last one leaves.
 */
export class SharedFlights<T> {
  readonly #flights = new Map<string, Flight<T>>();

  /**
   * The answer of the task of this key, which is started if none is under way.
   *
   * @throws GomodfsError `CANCELLED` if `signal` says so, and whatever the task throws
   */
  async join(
    key: string,
    signal: AbortSignal | undefined,
    task: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    if (signal?.aborted) throw cancelled(signal);
    const flight = this.#flights.get(key) ?? this.#start(key, task);
    flight.passengers += 1;
    const left = Promise.withResolvers<never>();
    const leave = (): void => left.reject(cancelled(signal));
    signal?.addEventListener("abort", leave, { once: true });
    try {
      return await Promise.race([flight.answer, left.promise]);
    } finally {
      signal?.removeEventListener("abort", leave);
      flight.passengers -= 1;
      if (flight.passengers === 0) this.#end(key, flight);
    }
  }

  #start(key: string, task: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController();
    const answer = task(controller.signal);
    const flight: Flight<T> = { answer, controller, passengers: 0 };
    this.#flights.set(key, flight);
    // Whoever comes after the end starts anew. Nobody may be left to hear of a failure.
    answer.catch(() => {}).finally(() => this.#forget(key, flight));
    return flight;
  }

  /** Nobody waits any longer: ended already, or to be cancelled. */
  #end(key: string, flight: Flight<T>): void {
    this.#forget(key, flight);
    flight.controller.abort();
  }

  #forget(key: string, flight: Flight<T>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }
}

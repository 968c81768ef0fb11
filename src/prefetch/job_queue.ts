/** Runs jobs, so many at a time, first come, first served. */
export class JobQueue {
  readonly #limit: number;
  #waiting: (() => Promise<void>)[] = [];
  #next = 0;
  #running = 0;

  /** @param limit how many jobs run at a time, at least 1 */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Runs a job in its turn, and settles as it does; never if the queue is cleared before. */
  run<T>(job: () => Promise<T>): Promise<T> {
    const { promise, start } = startable(job);
    this.#waiting.push(start);
    this.#startNext();
    return promise;
  }

  /** Like {@linkcode run}, before all that wait. */
  runNext<T>(job: () => Promise<T>): Promise<T> {
    const { promise, start } = startable(job);
    this.#waiting.splice(this.#next, 0, start);
    this.#startNext();
    return promise;
  }

  /** Drops the jobs that have not started. */
  clear(): void {
    this.#waiting = [];
    this.#next = 0;
  }

  #startNext(): void {
    while (this.#running < this.#limit) {
      const start = this.#waiting[this.#next++];
      if (start === undefined) {
        this.clear();
        return;
      }
      this.#running++;
      void start().finally(() => {
        this.#running--;
        this.#startNext();
      });
    }
  }
}

interface Startable<T> {
  readonly promise: Promise<T>;
  /** Starts the job; fulfils when it has ended in whatever way. */
  start(this: void): Promise<void>;
}

function startable<T>(job: () => Promise<T>): Startable<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  return { promise, start: async () => await job().then(resolve, reject) };
}

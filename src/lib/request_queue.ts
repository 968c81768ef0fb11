import { GomodfsError } from "./gomodfs_error.ts";
import type { Priority } from "./priority.ts";

/** The bounds of a {@linkcode RequestQueue}. */
export interface RequestQueueOptions {
  /** Requests under way at once. */
  readonly slots: number;
  /** Requests that may wait; one more fails. */
  readonly maxWaiting?: number;
}

interface Waiter {
  readonly grant: () => void;
}

/**
 * Two lanes in front of a number of connections. Requests on demand always go before those that fetch ahead, and one
 * slot in eight is kept free for them: a reader does not wait behind a prefetch of many large zips.
 */
export class RequestQueue {
  readonly #slots: number;
  readonly #slotsAhead: number;
  readonly #maxWaiting: number;
  readonly #waiting: Readonly<Record<Priority, Set<Waiter>>> = {
    demand: new Set(),
    ahead: new Set(),
  };
  readonly #running: Record<Priority, number> = { demand: 0, ahead: 0 };

  constructor({ slots, maxWaiting = 100_000 }: RequestQueueOptions) {
    this.#slots = slots;
    this.#slotsAhead = Math.max(1, slots - Math.ceil(slots / 8));
    this.#maxWaiting = maxWaiting;
  }

  /**
   * Runs `request` when its turn has come.
   *
   * @throws GomodfsError `CANCELLED` if the signal ends the wait, `BUSY` if too many wait, and whatever `request` throws
   */
  async run<T>(
    priority: Priority,
    signal: AbortSignal | undefined,
    request: () => Promise<T>,
  ): Promise<T> {
    if (signal?.aborted) throw cancelled(signal);
    if (this.#hasSlot(priority)) this.#running[priority] += 1;
    else await this.#wait(priority, signal);
    try {
      return await request();
    } finally {
      this.#running[priority] -= 1;
      this.#grantNext();
    }
  }

  #hasSlot(priority: Priority): boolean {
    const running = this.#running.demand + this.#running.ahead;
    if (running >= this.#slots) return false;
    return priority === "demand" || this.#running.ahead < this.#slotsAhead;
  }

  #wait(priority: Priority, signal: AbortSignal | undefined): Promise<void> {
    const lane = this.#waiting[priority];
    if (lane.size >= this.#maxWaiting) {
      throw new GomodfsError("BUSY", `${lane.size} requests already wait for a connection`);
    }
    return new Promise((resolve, reject) => {
      const abandon = (): void => {
        lane.delete(waiter);
        reject(cancelled(signal));
      };
      const waiter: Waiter = {
        grant: () => {
          signal?.removeEventListener("abort", abandon);
          resolve();
        },
      };
      signal?.addEventListener("abort", abandon, { once: true });
      lane.add(waiter);
    });
  }

  #grantNext(): void {
    for (const priority of ["demand", "ahead"] as const) {
      const [waiter] = this.#waiting[priority];
      if (waiter === undefined || !this.#hasSlot(priority)) continue;
      this.#waiting[priority].delete(waiter);
      // Counted here, not when the waiter runs again: nobody may take the slot in between.
      this.#running[priority] += 1;
      waiter.grant();
      return;
    }
  }
}

/** The error for work whose signal says that nobody wants it any longer. */
export function cancelled(signal: AbortSignal | undefined): GomodfsError {
  return new GomodfsError("CANCELLED", "the request was cancelled", { cause: signal?.reason });
}

import type { IncomingMessage } from "node:http";
import { cancelled } from "../../lib/request_queue.ts";
import type { BodyFill } from "./body_fill.ts";
import type { DatedAnswer } from "./freshness.ts";
import type { StoredAnswer } from "./response_record.ts";

/** What asking a server brought. */
export type Landing =
  /** An answer on its way into the cache, of which everybody may read. */
  | {
      readonly kind: "filling";
      readonly answer: DatedAnswer;
      /** As of {@linkcode StoredAnswer}. */
      readonly variant: string;
      readonly fill: BodyFill;
    }
  /** The stored answer still holds. */
  | { readonly kind: "validated"; readonly stored: StoredAnswer }
  /** An answer for the one who asked first only. */
  | { readonly kind: "unshared"; readonly response: IncomingMessage };

/** One request to a server on behalf of all who want the same. It is given up when none of them is left. */
export class ResponseFlight {
  readonly landing: Promise<Landing>;
  readonly #abort = new AbortController();
  #passengers = 0;
  readonly #empty = Promise.withResolvers<void>();

  /** @param ask must heed the signal */
  constructor(ask: (flight: ResponseFlight, signal: AbortSignal) => Promise<Landing>) {
    this.landing = ask(this, this.#abort.signal);
    // Its passengers meet the failure; they may all have left.
    this.landing.catch(() => {});
  }

  /** Fulfils when everybody has left. */
  get empty(): Promise<void> {
    return this.#empty.promise;
  }

  /** Whether it was given up: whoever comes now must ask anew. */
  get isAbandoned(): boolean {
    return this.#abort.signal.aborted;
  }

  /** Takes part until the result is disposed of. */
  board(): Disposable {
    this.#passengers += 1;
    return {
      [Symbol.dispose]: () => {
        this.#passengers -= 1;
        if (this.#passengers > 0) return;
        this.#empty.resolve();
        this.#abort.abort(cancelled(undefined));
      },
    };
  }
}

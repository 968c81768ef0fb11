import { LRUCache } from "lru-cache";
import {
  CircuitBreaker,
  type CircuitState,
  type FailureKind,
  type Passage,
} from "../lib/circuit_breaker.ts";
import { GomodfsError, isGomodfsError } from "../lib/gomodfs_error.ts";
import type { HttpAnswer } from "./answer_receiver.ts";
import type { ExchangeStage } from "./http_exchange.ts";

/** Redirects may lead to many hosts; those that were asked last are watched. */
const MAX_ORIGINS = 256;

/** Told how one exchange goes, while it does. */
export interface ExchangeProgress {
  readonly onStage: (stage: ExchangeStage) => void;
  /** The head of a 200 has arrived. */
  readonly onBody: () => void;
}

/** The circuit breakers of all origins that a client asks. */
export class CircuitBreakers {
  readonly #clock: () => number;
  readonly #breakers = new LRUCache<string, CircuitBreaker>({ max: MAX_ORIGINS });

  /** @param clock milliseconds since 1970 */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** What is known of each origin, the one asked last first. */
  states(): CircuitState[] {
    return [...this.#breakers.values()].map((breaker) => breaker.state);
  }

  /**
   * Watches one request with all its attempts and redirects.
   *
   * @param subject what it is about: failures of one subject alone open no circuit of an origin that can be reached
   */
  watch(subject: string): WatchedRequest {
    return new WatchedRequest((origin) => this.#of(origin), subject);
  }

  #of(origin: string): CircuitBreaker {
    let breaker = this.#breakers.get(origin);
    if (breaker === undefined) {
      breaker = new CircuitBreaker(origin, this.#clock);
      this.#breakers.set(origin, breaker);
    }
    return breaker;
  }
}

/** One request on its way through the circuits of the origins that it meets. */
export class WatchedRequest {
  readonly #breakerOf: (origin: string) => CircuitBreaker;
  readonly #subject: string;
  #last: CircuitBreaker | undefined;

  constructor(breakerOf: (origin: string) => CircuitBreaker, subject: string) {
    this.#breakerOf = breakerOf;
    this.#subject = subject;
  }

  /**
   * Makes an exchange with an origin and learns from it how the origin is.
   *
   * @throws GomodfsError `UPSTREAM` at once if the circuit is open, and whatever the exchange throws
   */
  async exchange<T>(
    origin: string,
    perform: (progress: ExchangeProgress) => Promise<HttpAnswer<T>>,
  ): Promise<HttpAnswer<T>> {
    this.#last = this.#breakerOf(origin);
    const passage = this.#last.admit();
    let stage: ExchangeStage = "connecting";
    try {
      const answer = await perform({
        onStage: (reached) => {
          stage = reached;
        },
        onBody: () => passage.answered(),
      });
      this.#judge(passage, answer);
      return answer;
    } catch (error) {
      if (isFailureOfOrigin(error)) passage.failed(kindOf(stage), this.#subject, error);
      throw error;
    } finally {
      passage.abandoned();
    }
  }

  /** No further attempt will be made. */
  end(): void {
    this.#last?.gaveUp();
  }

  #judge(passage: Passage, answer: HttpAnswer<unknown>): void {
    if (answer.kind !== "refusal" || answer.status < 500) {
      passage.answered();
      return;
    }
    const error = new GomodfsError("UPSTREAM", `it answers ${answer.status}`);
    passage.failed("answer", this.#subject, error);
  }
}

function kindOf(stage: ExchangeStage): FailureKind {
  return stage === "connecting" ? "connection" : "answer";
}

/** Not what the asker or our own disk did. */
function isFailureOfOrigin(error: unknown): boolean {
  return isGomodfsError(error, "UPSTREAM") || isGomodfsError(error, "TIMEOUT");
}

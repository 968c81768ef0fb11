import { GomodfsError } from "./gomodfs_error.ts";

/**
 * What a failure says about the origin: no connection could be made, which is nothing that a path could bring about, or
 * there was one and the answer was a 5xx, broke off or did not come, which a single path may.
 */
export type FailureKind = "connection" | "answer";

/** What is known of one origin. */
export interface CircuitState {
  /** Scheme, host and port: `https://proxy.corp.test:8443`. */
  readonly origin: string;
  /** `open`: requests fail at once. `half-open`: the next request is let through, or is under way, to try it. */
  readonly state: "closed" | "open" | "half-open";
  /** When the failures began that have had no answer between them, ISO 8601; undefined if there are none. */
  readonly since: string | undefined;
  /** Those failures. */
  readonly failures: number;
}

/** A request that was let through. Of its methods the first that is called counts. */
export interface Passage {
  /** The origin has answered: a status below 500, whatever comes after it. */
  answered(): void;
  /** @param subject what the request was about; see {@linkcode CircuitBreaker} */
  failed(kind: FailureKind, subject: string, error: unknown): void;
  /** Nothing was learnt about the origin. */
  abandoned(): void;
}

/** Attempts without a connection, one after the other, before a request that gives up opens the circuit. */
const CONNECTION_FAILURES = 3;
/** Different subjects whose requests failed, with no answer to any request between them. */
const FAILED_SUBJECTS = 5;
const FIRST_DELAY = 1_000;
/** Longer for an origin that is away; shorter where what was asked for may be what is wrong. */
const MAX_DELAY: Readonly<Record<FailureKind, number>> = { connection: 30_000, answer: 5_000 };

interface Opened {
  readonly kind: FailureKind;
  /** Milliseconds of the clock. */
  readonly at: number;
  /** Milliseconds from then until a request is let through. */
  readonly delay: number;
  isProbed: boolean;
}

/**
 * Keeps requests away from an origin that does not answer, so that whoever wants something fails at once instead of
 * after time-outs and further attempts.
 *
 * It opens when a request gives up, after as many attempts as its retry policy allows: a moment's interruption, which
 * the retries are for, opens nothing. Failures to connect count one by one. Answers of 5xx and the like count by subject:
 * whoever asks for a module that makes upstream stumble must not shut out all others.
 */
export class CircuitBreaker {
  readonly #origin: string;
  readonly #clock: () => number;
  #failures = 0;
  #failingSince = 0;
  #connectionFailures = 0;
  readonly #subjects = new Set<string>();
  #lastError: unknown;
  #opened: Opened | undefined;

  /** @param clock milliseconds since 1970 */
  constructor(origin: string, clock: () => number) {
    this.#origin = origin;
    this.#clock = clock;
  }

  get state(): CircuitState {
    return {
      origin: this.#origin,
      state: this.#opened === undefined ? "closed" : this.#remaining() > 0 ? "open" : "half-open",
      since: this.#failures === 0 ? undefined : new Date(this.#failingSince).toISOString(),
      failures: this.#failures,
    };
  }

  /**
   * Lets a request through. While half-open, one at a time.
   *
   * @throws GomodfsError `UPSTREAM` while open
   */
  admit(): Passage {
    const opened = this.#opened;
    if (opened === undefined) return this.#passage(undefined);
    if (opened.isProbed || this.#remaining() > 0) throw this.#refusal();
    opened.isProbed = true;
    return this.#passage(opened);
  }

  /** A request has failed for good: enough failures open the circuit. */
  gaveUp(): void {
    if (this.#opened !== undefined) return;
    if (this.#connectionFailures >= CONNECTION_FAILURES) this.#open("connection", FIRST_DELAY);
    else if (this.#subjects.size >= FAILED_SUBJECTS) this.#open("answer", FIRST_DELAY);
  }

  /** @param probed the opening that the request tries to end */
  #passage(probed: Opened | undefined): Passage {
    let isSettled = false;
    const once = (settle: () => void): void => {
      if (!isSettled) settle();
      isSettled = true;
    };
    return {
      answered: () => once(() => this.#close()),
      failed: (kind, subject, error) =>
        once(() => {
          this.#count(kind, subject, error);
          if (probed !== undefined && probed === this.#opened) this.#open(kind, probed.delay * 2);
        }),
      abandoned: () =>
        once(() => {
          if (probed !== undefined) probed.isProbed = false;
        }),
    };
  }

  #count(kind: FailureKind, subject: string, error: unknown): void {
    if (this.#failures === 0) this.#failingSince = this.#clock();
    this.#failures += 1;
    this.#lastError = error;
    if (kind === "connection") {
      this.#connectionFailures += 1;
      return;
    }
    this.#connectionFailures = 0;
    if (this.#subjects.size < FAILED_SUBJECTS) this.#subjects.add(subject);
  }

  #open(kind: FailureKind, delay: number): void {
    const bounded = Math.min(delay, MAX_DELAY[kind]);
    this.#opened = { kind, at: this.#clock(), delay: bounded, isProbed: false };
  }

  #close(): void {
    this.#opened = undefined;
    this.#failures = 0;
    this.#connectionFailures = 0;
    this.#subjects.clear();
    this.#lastError = undefined;
  }

  /** Milliseconds until a request is let through. A clock that was set back does not make them more. */
  #remaining(): number {
    if (this.#opened === undefined) return 0;
    const { at, delay } = this.#opened;
    return Math.max(0, Math.min(delay, at + delay - this.#clock()));
  }

  #refusal(): GomodfsError {
    const since = new Date(this.#failingSince).toISOString();
    const seconds = Math.ceil(this.#remaining() / 1000);
    const next = seconds === 0 ? "it is being asked again now" : `asked again in ${seconds} s`;
    const reason = this.#lastError instanceof Error ? ` (${this.#lastError.message})` : "";
    return new GomodfsError(
      "UPSTREAM",
      `${this.#origin} is not answering since ${since}${reason}; ${next}`,
      { cause: this.#lastError },
    );
  }
}

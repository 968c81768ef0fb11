import { type ErrorCode, isGomodfsError } from "../lib/gomodfs_error.ts";

/** A fetch that failed, as `gomodfs status` shows it. */
export interface FetchFailure {
  /** What was wanted: `github.com/a/b@v1.2.3`, with `.info`, `.mod` or nothing for the zip. */
  readonly what: string;
  /** ISO 8601. */
  readonly time: string;
  readonly code: string;
  readonly reason: string;
}

interface Remembered {
  readonly error: unknown;
  /** Milliseconds of the clock. */
  readonly until: number;
}

const KEPT_FAILURES = 50;
const KEPT_ANSWERS = 10_000;
/** A build asks for the same missing thing several times within a moment; a fresh release is to show up soon. */
const NOT_FOUND_MILLISECONDS = 5_000;
const OTHER_MILLISECONDS = 1_000;

/** Remembers failed fetches: briefly, so as not to ask again at once, and the last few of them for people to read. */
export class FailureLog {
  readonly #clock: () => number;
  readonly #remembered = new Map<string, Remembered>();
  readonly #last: FetchFailure[] = [];
  readonly #counts = new Map<ErrorCode, number>();

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** The last failures, the newest last. */
  get last(): readonly FetchFailure[] {
    return this.#last;
  }

  /** How many there were of each kind; what is none of gomodfs's own errors is not counted. */
  get counts(): ReadonlyMap<ErrorCode, number> {
    return this.#counts;
  }

  add(what: string, error: unknown): void {
    if (isGomodfsError(error)) {
      this.#counts.set(error.code, (this.#counts.get(error.code) ?? 0) + 1);
    }
    const lifetime = isGomodfsError(error, "NOT_FOUND")
      ? NOT_FOUND_MILLISECONDS
      : OTHER_MILLISECONDS;
    this.#remembered.delete(what);
    this.#remembered.set(what, { error, until: this.#clock() + lifetime });
    dropOldest(this.#remembered, KEPT_ANSWERS);
    this.#last.push(describe(what, error, this.#clock()));
    if (this.#last.length > KEPT_FAILURES) this.#last.shift();
  }

  /** Lets it be tried again at once. */
  forget(what: string): void {
    this.#remembered.delete(what);
  }

  /** The error of a failure that is still fresh. */
  recent(what: string): { readonly error: unknown } | undefined {
    const remembered = this.#remembered.get(what);
    if (remembered === undefined) return undefined;
    if (remembered.until > this.#clock()) return remembered;
    this.#remembered.delete(what);
    return undefined;
  }
}

function describe(what: string, error: unknown, now: number): FetchFailure {
  return {
    what,
    time: new Date(now).toISOString(),
    code: isGomodfsError(error) ? error.code : "INTERNAL",
    reason: error instanceof Error ? error.message : String(error),
  };
}

function dropOldest(map: Map<string, unknown>, bound: number): void {
  for (const key of map.keys()) {
    if (map.size <= bound) return;
    map.delete(key);
  }
}

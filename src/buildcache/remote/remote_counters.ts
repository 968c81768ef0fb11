/** What is counted. */
const COUNTERS = [
  /** Gets that the local tier answered. */
  "localHits",
  /** Gets that the bucket answered, action by action. */
  "remoteHits",
  /** Gets that a build set answered. */
  "setHits",
  "misses",
  /** Gets answered as misses since the bucket took too long; what they asked for may have come later. */
  "lateGets",
  "puts",
  /** Objects written to the bucket: outputs, action records, packs and sets. */
  "uploads",
  /** Outputs that the bucket had already. */
  "uploadsFound",
  /** Puts below the smallest size, beyond the queue's bounds, or while the bucket was away. */
  "uploadsSkipped",
  "uploadsFailed",
  /** Requests for objects that failed. */
  "downloadsFailed",
  /** Objects whose bytes were not those of their id. */
  "corruptObjects",
  "bytesDownloaded",
  "bytesUploaded",
] as const;

/** The name of a counter. */
export type CounterName = (typeof COUNTERS)[number];

/** All counters at one moment. */
export type RemoteStatistics = Readonly<Record<CounterName, number>>;

/** Counts what the remote tier does, for `stats` and `--metrics`. */
export class RemoteCounters {
  readonly #counts = new Map<CounterName, number>();

  add(name: CounterName, count = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
  }

  get statistics(): RemoteStatistics {
    const of = (name: CounterName): number => this.#counts.get(name) ?? 0;
    return Object.fromEntries(COUNTERS.map((name) => [name, of(name)])) as RemoteStatistics; // every name, above
  }
}

import type { CircuitState } from "../../lib/circuit_breaker.ts";
import type { ErrorCode } from "../../lib/gomodfs_error.ts";
import type { StoreUsage } from "../../store/module_store.ts";

/** What a module cache has done since it was made. */
export interface CacheCounts {
  /** Parts of modules that were asked for and there already. */
  readonly hits: number;
  /** Parts that had to be fetched before they could be given. */
  readonly misses: number;
  /** Parts fetched, verified and stored. */
  readonly fetched: number;
  readonly failed: number;
  /** Fetches under way. */
  readonly flights: number;
}

/** What a reverse proxy has done since it was made, and what it has. */
export interface ReverseProxyCounts {
  readonly hits: number;
  readonly misses: number;
  readonly passed: number;
  readonly damaged: number;
  readonly tunnels: number;
  readonly storedBytes: number;
  readonly storedAnswers: number;
}

/** What metrics ask the parts of a service when they are read. What is not given is not told of. */
export interface ServiceFacts {
  /** Requests that are being answered. */
  readonly requests?: () => number;
  /** Connections that are open. */
  readonly connections?: () => number;
  readonly cache?: () => CacheCounts;
  /** Fetches from upstream that failed since the start, by the kind of failure. */
  readonly upstreamFailures?: () => Iterable<readonly [ErrorCode, number]>;
  readonly circuits?: () => readonly CircuitState[];
  /** Asked every ten seconds at most. */
  readonly store?: () => StoreUsage;
  readonly reverseProxy?: () => ReverseProxyCounts;
  /** Lines that the access log had no room for. */
  readonly droppedLogLines?: () => number;
}

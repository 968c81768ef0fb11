import { Counter, Gauge, type Registry } from "prom-client";
import type { CircuitState } from "../../lib/circuit_breaker.ts";
import type { CacheCounts, ReverseProxyCounts, ServiceFacts } from "./service_facts.ts";

/** Milliseconds for which a store's size is told without looking again. */
const STORE_AGE = 10_000;
/** Direct fetches lead to whatever hosts clients name: those asked last are shown. */
const MAX_ORIGINS = 50;
const CIRCUIT_STATES: readonly CircuitState["state"][] = ["closed", "half-open", "open"];

/** A value with the labels that tell it from others of its metric. */
interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric that is read off when it is asked for. */
interface ReadMetric {
  readonly type: "counter" | "gauge";
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
  readonly read: () => readonly Sample[] | number;
}

/**
 * Registers the metrics of a service's parts, which are asked when the metrics are read. A part that fails to tell is left
 * out: the others are all the more interesting then.
 *
 * @param clock milliseconds
 */
export function registerServiceMetrics(
  registry: Registry,
  facts: ServiceFacts,
  clock: () => number = Date.now,
): void {
  const metrics = [
    ...serverMetrics(facts),
    ...cacheMetrics(facts),
    ...upstreamMetrics(facts),
    ...storeMetrics(facts, clock),
    ...reverseProxyMetrics(facts),
  ];
  for (const metric of metrics) register(registry, metric);
}

function serverMetrics({ requests, connections, droppedLogLines }: ServiceFacts): ReadMetric[] {
  return [
    ...gauge("gomodfs_http_requests_in_flight", "Requests that are being answered", requests),
    ...gauge("gomodfs_http_connections", "Connections that are open", connections),
    ...counter(
      "gomodfs_access_log_dropped_total",
      "Lines that the access log had no room for",
      droppedLogLines,
    ),
  ];
}

function cacheMetrics({ cache }: ServiceFacts): ReadMetric[] {
  if (cache === undefined) return [];
  const count = (field: keyof CacheCounts) => (): number => cache()[field];
  const of = "Parts of modules (info, mod, zip) that";
  return [
    ...counter("gomodfs_cache_hits_total", `${of} were asked for and resident`, count("hits")),
    ...counter("gomodfs_cache_misses_total", `${of} had to be fetched first`, count("misses")),
    ...counter("gomodfs_cache_fetched_total", `${of} were fetched and stored`, count("fetched")),
    ...counter("gomodfs_cache_failed_total", `${of} could not be fetched`, count("failed")),
    ...gauge("gomodfs_cache_flights", "Fetches under way", count("flights")),
  ];
}

function upstreamMetrics({ upstreamFailures, circuits }: ServiceFacts): ReadMetric[] {
  const failures: ReadMetric[] =
    upstreamFailures === undefined
      ? []
      : [
          {
            type: "counter",
            name: "gomodfs_upstream_errors_total",
            help: "Fetches from upstream that failed, by the kind of failure",
            labelNames: ["kind"],
            read: () =>
              Array.from(upstreamFailures(), ([code, value]) => ({
                labels: { kind: code.toLowerCase() },
                value,
              })),
          },
        ];
  const states: ReadMetric[] =
    circuits === undefined
      ? []
      : [
          {
            type: "gauge",
            name: "gomodfs_upstream_circuit_state",
            help: "1 for the state that the circuit to an origin is in",
            labelNames: ["origin", "state"],
            read: () => circuits().slice(0, MAX_ORIGINS).flatMap(circuitSamples),
          },
        ];
  return [...failures, ...states];
}

function circuitSamples({ origin, state }: CircuitState): Sample[] {
  return CIRCUIT_STATES.map((each) => ({
    labels: { origin, state: each },
    value: each === state ? 1 : 0,
  }));
}

function storeMetrics({ store }: ServiceFacts, clock: () => number): ReadMetric[] {
  if (store === undefined) return [];
  const usage = remembered(store, STORE_AGE, clock);
  return [
    ...gauge(
      "gomodfs_store_modules",
      "Module versions of which anything is resident",
      () => usage().modules,
    ),
    ...gauge("gomodfs_store_zips", "Module versions whose zip is resident", () => usage().zips),
    ...gauge("gomodfs_store_bytes", "Bytes that the store has on disk", () => usage().storedBytes),
    ...gauge(
      "gomodfs_store_served_bytes",
      "Bytes that the resident modules would have in a GOMODCACHE",
      () => usage().servedBytes,
    ),
  ];
}

function reverseProxyMetrics({ reverseProxy }: ServiceFacts): ReadMetric[] {
  if (reverseProxy === undefined) return [];
  const count = (field: keyof ReverseProxyCounts) => (): number => reverseProxy()[field];
  const of = "Requests to the reverse proxy that were";
  return [
    ...counter("gomodfs_revproxy_hits_total", `${of} answered from its cache`, count("hits")),
    ...counter("gomodfs_revproxy_misses_total", `${of} answered by fetching`, count("misses")),
    ...counter("gomodfs_revproxy_passed_total", `${of} passed on`, count("passed")),
    ...counter("gomodfs_revproxy_damaged_total", "Damaged answers found", count("damaged")),
    ...gauge("gomodfs_revproxy_tunnels", "Tunnels that are open", count("tunnels")),
    ...gauge("gomodfs_revproxy_stored_bytes", "Bytes of answers kept", count("storedBytes")),
    ...gauge("gomodfs_revproxy_stored_answers", "URLs with an answer", count("storedAnswers")),
  ];
}

function counter(name: string, help: string, read: (() => number) | undefined): ReadMetric[] {
  return read === undefined ? [] : [{ type: "counter", name, help, read }];
}

function gauge(name: string, help: string, read: (() => number) | undefined): ReadMetric[] {
  return read === undefined ? [] : [{ type: "gauge", name, help, read }];
}

function register(
  registry: Registry,
  { type, name, help, labelNames = [], read }: ReadMetric,
): void {
  const options = { name, help, labelNames: [...labelNames], registers: [registry] };
  if (type === "gauge") {
    new Gauge({
      ...options,
      collect() {
        this.reset();
        // Without labels, a metric that was reset is 0, and not unknown.
        if (labelNames.length === 0) this.remove();
        for (const { labels, value } of samplesOf(read)) this.set(labels, value);
      },
    });
  } else {
    new Counter({
      ...options,
      collect() {
        this.reset();
        if (labelNames.length === 0) this.remove();
        for (const { labels, value } of samplesOf(read)) this.inc(labels, value);
      },
    });
  }
}

function samplesOf(read: ReadMetric["read"]): readonly Sample[] {
  try {
    const found = read();
    return typeof found === "number" ? [{ labels: {}, value: found }] : found;
  } catch {
    // A scrape is no place to tell of it: whoever owns the part does.
    return [];
  }
}

function remembered<T>(read: () => T, age: number, clock: () => number): () => T {
  let last: { readonly value: T; readonly at: number } | undefined;
  return () => {
    const now = clock();
    if (last === undefined || now - last.at >= age) last = { value: read(), at: now };
    return last.value;
  };
}

import { describe, expect, it } from "vitest";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import type { HttpHandler } from "../http_exchange.ts";
import { ServedHandlers } from "../testdata/served_handlers.ts";
import { MetricsHandler } from "./metrics_handler.ts";
import type { ServiceFacts } from "./service_facts.ts";
import { parseExposition, type ScrapedSample } from "./testdata/exposition.ts";

const answering: HttpHandler = {
  name: "modules",
  handle: async ({ path, response }) => {
    if (path === "/fails") throw new GomodfsError("TIMEOUT", "upstream is slow");
    if (path !== "/ok") return false;
    response.end("content");
    return true;
  },
};

const facts: ServiceFacts = {
  requests: () => 3,
  connections: () => 4,
  droppedLogLines: () => 0,
  cache: () => ({ hits: 5, misses: 6, fetched: 7, failed: 8, flights: 9 }),
  upstreamFailures: () => [
    ["TIMEOUT", 2],
    ["UPSTREAM", 1],
  ],
  circuits: () => [
    { origin: "https://proxy.test", state: "open", since: undefined, failures: 5 },
    { origin: 'https://odd"\\\n.test', state: "closed", since: undefined, failures: 0 },
  ],
  store: () => ({ modules: 1, zips: 2, storedBytes: 3, servedBytes: 4 }),
  reverseProxy: () => ({
    hits: 1,
    misses: 2,
    passed: 3,
    damaged: 0,
    tunnels: 4,
    storedBytes: 5,
    storedAnswers: 6,
  }),
};

async function scrape(served: ServedHandlers): Promise<ScrapedSample[]> {
  const response = await fetch(served.url("/metrics"));
  expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(response.headers.get("cache-control")).toBe("no-store");
  return parseExposition(await response.text());
}

function sampleValue(
  samples: readonly ScrapedSample[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const wanted = Object.entries(labels);
  return samples.find(
    (sample) =>
      sample.name === name && wanted.every(([label, value]) => sample.labels[label] === value),
  )?.value;
}

describe("MetricsHandler", () => {
  it("tells of requests", async () => {
    using metrics = new MetricsHandler({});
    await using served = await ServedHandlers.start([answering, metrics], metrics.observe);
    for (const path of ["/ok", "/ok", "/fails", "/unknown/path"]) {
      await (await fetch(served.url(path))).arrayBuffer();
    }
    await fetch(served.url("/ok"), { method: "PURGE" }).then((answer) => answer.text());
    const samples = await scrape(served);
    const of = (name: string, labels: Record<string, string>): number | undefined =>
      sampleValue(samples, `gomodfs_http_${name}`, labels);
    expect(of("requests_total", { handler: "modules", method: "GET", code: "200" })).toBe(2);
    expect(of("requests_total", { handler: "modules", method: "GET", code: "504" })).toBe(1);
    expect(of("requests_total", { handler: "none", code: "404" })).toBe(1);
    expect(of("requests_total", { method: "other" })).toBe(1);
    expect(of("request_errors_total", { handler: "modules", kind: "timeout" })).toBe(1);
    expect(of("request_duration_seconds_count", { handler: "modules" })).toBe(4);
    expect(of("request_duration_seconds_bucket", { handler: "modules", le: "+Inf" })).toBe(4);
    expect(of("response_bytes_total", { handler: "modules" })).toBeGreaterThan(21);
    expect(JSON.stringify(samples)).not.toContain("unknown/path");
  });

  it("tells of the service's parts and of the process", async () => {
    using metrics = new MetricsHandler(facts);
    await using served = await ServedHandlers.start([metrics]);
    const samples = await scrape(served);
    const all = Object.fromEntries(
      samples
        .filter(({ labels }) => Object.keys(labels).length === 0)
        .map((each) => [each.name, each.value]),
    );
    expect(all).toMatchObject({
      gomodfs_http_requests_in_flight: 3,
      gomodfs_http_connections: 4,
      gomodfs_access_log_dropped_total: 0,
      gomodfs_cache_hits_total: 5,
      gomodfs_cache_misses_total: 6,
      gomodfs_cache_fetched_total: 7,
      gomodfs_cache_failed_total: 8,
      gomodfs_cache_flights: 9,
      gomodfs_store_modules: 1,
      gomodfs_store_zips: 2,
      gomodfs_store_bytes: 3,
      gomodfs_store_served_bytes: 4,
      gomodfs_revproxy_hits_total: 1,
      gomodfs_revproxy_tunnels: 4,
    });
    expect(all["process_resident_memory_bytes"]).toBeGreaterThan(1e7);
    expect(all["process_cpu_seconds_total"]).toBeGreaterThan(0);
    expect(sampleValue(samples, "nodejs_eventloop_lag_seconds", { quantile: "0.99" })).toBeLessThan(
      60,
    );
    expect(sampleValue(samples, "gomodfs_upstream_errors_total", { kind: "timeout" })).toBe(2);
    const circuit = (origin: string, state: string): number | undefined =>
      sampleValue(samples, "gomodfs_upstream_circuit_state", { origin, state });
    expect(circuit("https://proxy.test", "open")).toBe(1);
    expect(circuit("https://proxy.test", "closed")).toBe(0);
    expect(circuit('https://odd"\\\n.test', "closed")).toBe(1);
    // What is read off is not added up.
    expect(sampleValue(await scrape(served), "gomodfs_cache_hits_total")).toBe(5);
  });

  it("asks for the store's size rarely, and leaves out what cannot be told", async () => {
    let asked = 0;
    const store = (): never => {
      asked += 1;
      throw new GomodfsError("STORE", "the disk is gone");
    };
    const counted = (): {
      modules: number;
      zips: number;
      storedBytes: number;
      servedBytes: number;
    } => {
      asked += 1;
      return { modules: 1, zips: 1, storedBytes: 1, servedBytes: 1 };
    };
    using broken = new MetricsHandler({ ...facts, store });
    const samples = parseExposition(await broken.text());
    expect(sampleValue(samples, "gomodfs_store_bytes")).toBeUndefined();
    expect(sampleValue(samples, "gomodfs_cache_hits_total")).toBe(5);
    asked = 0;
    using metrics = new MetricsHandler({ store: counted });
    await metrics.text();
    await metrics.text();
    expect(asked).toBe(1);
  });

  it("keeps servers apart", async () => {
    using one = new MetricsHandler({});
    using other = new MetricsHandler({});
    await using served = await ServedHandlers.start([answering], one.observe);
    await (await fetch(served.url("/ok"))).text();
    const name = "gomodfs_http_requests_total";
    await expect.poll(async () => sampleValue(parseExposition(await one.text()), name)).toBe(1);
    expect(sampleValue(parseExposition(await other.text()), name)).toBeUndefined();
  });

  it("takes little time of each request", async () => {
    using metrics = new MetricsHandler({});
    const { promise, resolve } = Promise.withResolvers<Parameters<typeof metrics.observe>>();
    await using served = await ServedHandlers.start([answering], (...observed) =>
      resolve(observed),
    );
    await (await fetch(served.url("/ok"))).text();
    const [exchange, outcome] = await promise;
    const count = 100_000;
    const microseconds = (): number => {
      const start = process.cpuUsage();
      for (let time = 0; time < count; time += 1) metrics.observe(exchange, outcome);
      const { user, system } = process.cpuUsage(start);
      return (user + system) / count;
    };
    // The first round is the compiler's.
    microseconds();
    expect(Math.min(microseconds(), microseconds(), microseconds())).toBeLessThan(3);
  });
});

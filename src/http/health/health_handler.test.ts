import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryDirectory } from "../../../test/support/temporary_directory.ts";
import { ServedHandlers } from "../testdata/served_handlers.ts";
import { type HealthFacts, HealthHandler } from "./health_handler.ts";
import { writableDirectory } from "./writable_directory.ts";

const well: HealthFacts = { checks: [], isStopping: () => false };

async function ask(
  facts: HealthFacts,
  path: string,
  accept = "*/*",
): Promise<{ status: number; type: string | null; body: string }> {
  await using served = await ServedHandlers.start([new HealthHandler(facts)]);
  const response = await fetch(served.url(path), { headers: { accept } });
  const { status, headers } = response;
  expect(headers.get("cache-control")).toBe("no-store");
  return { status, type: headers.get("content-type"), body: await response.text() };
}

describe("HealthHandler", () => {
  it("says that the process lives, whatever else is wrong", async () => {
    const ill: HealthFacts = { checks: [failing("store")], isStopping: () => true };
    expect(await ask(ill, "/healthz")).toMatchObject({ status: 200, body: "ok\n" });
  });

  it("says that the service is ready", async () => {
    using directory = temporaryDirectory();
    const facts = { ...well, checks: [writableDirectory("store", directory.path)] };
    expect(await ask(facts, "/readyz")).toMatchObject({ status: 200, body: "ok\nstore: ok\n" });
    expect(readdirSync(directory.path)).toEqual([]);
  });

  it("says that it is not while the store cannot be written, and why only to its owner", async () => {
    using directory = temporaryDirectory();
    const store = directory.join("store");
    mkdirSync(store);
    const failures: unknown[] = [];
    const health = new HealthHandler({
      ...well,
      checks: [writableDirectory("store", store)],
      onFailure: (name, error) => failures.push([name, error]),
    });
    rmSync(store, { recursive: true });
    expect(await health.readiness()).toMatchObject({
      status: "unavailable",
      checks: { store: "failed" },
    });
    await expect
      .poll(async () => (await health.readiness()).status, { timeout: 3_000 })
      .toBe("unavailable");
    expect(failures).toHaveLength(1);
    mkdirSync(store);
    await expect.poll(async () => (await health.readiness()).status, { timeout: 3_000 }).toBe("ok");
    const answer = await ask({ ...well, checks: [failing("store")] }, "/readyz");
    expect(answer).toMatchObject({ status: 503, body: "unavailable\nstore: failed\n" });
  });

  it("is not ready when it is about to end", async () => {
    const answer = await ask({ ...well, isStopping: () => true }, "/readyz");
    expect(answer).toMatchObject({ status: 503, body: "unavailable\nprocess: stopping\n" });
  });

  it("tells of upstreams without minding them, in JSON for who wants it", async () => {
    const circuits: HealthFacts["circuits"] = () => [
      { origin: "https://proxy.test", state: "open", since: undefined, failures: 9 },
      { origin: "https://well.test", state: "closed", since: undefined, failures: 0 },
    ];
    const answer = await ask({ ...well, circuits }, "/readyz", "application/json");
    expect(answer).toMatchObject({ status: 200, type: "application/json" });
    const report: unknown = JSON.parse(answer.body);
    expect(report).toEqual({
      status: "ok",
      checks: {},
      upstream: { "https://proxy.test": "open" },
    });
  });

  it("asks once however many ask, and does not wait for ever", async () => {
    let asked = 0;
    const hanging = { name: "disk", check: () => new Promise<void>(() => (asked += 1)) };
    const health = new HealthHandler({ ...well, checks: [hanging] });
    const reports = await Promise.all(Array.from({ length: 50 }, () => health.readiness()));
    expect(reports.every(({ checks }) => checks["disk"] === "failed")).toBe(true);
    expect(asked).toBe(1);
  });

  it("refuses other methods and leaves other paths alone", async () => {
    await using served = await ServedHandlers.start([new HealthHandler(well)]);
    const post = await fetch(served.url("/healthz"), { method: "POST" });
    expect(post.status).toBe(405);
    expect((await fetch(served.url("/readyz/@v/list"))).status).toBe(404);
    const head = await fetch(served.url("/healthz"), { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });
});

function failing(name: string): { name: string; check: () => Promise<void> } {
  return { name, check: async () => await Promise.reject(new Error("/secret/path is gone")) };
}

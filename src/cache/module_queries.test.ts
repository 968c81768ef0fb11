import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rejection } from "../../test/support/rejection.ts";
import { type ReplayProxy, startReplayProxy } from "../../test/support/replay_proxy.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../test/support/temporary_directory.ts";
import { silentLogger } from "../lib/logger.ts";
import { GoSum } from "../module/go_sum.ts";
import type { ModuleVersion } from "../module/module_version.ts";
import { parseModulePath, parseModuleVersion } from "../module/path.ts";
import { createIngestPool, type IngestPool } from "../store/ingest.ts";
import { MemoryStore } from "../store/memory/memory_store.ts";
import { GoProxySource } from "../upstream/go_proxy_source.ts";
import { HttpClient } from "../upstream/http_client.ts";
import { Checksums } from "./checksums.ts";
import { ModuleCache } from "./module_cache.ts";
import { CachedModuleQueries } from "./module_queries.ts";
import type { QueryAnswer, QueryOptions } from "./query_answer.ts";

const PATH = parseModulePath("example.com/m");
const LIST = "/example.com/m/@v/list";
const ONLINE: QueryOptions = { signal: new AbortController().signal, offline: false };
const OFFLINE: QueryOptions = { ...ONLINE, offline: true };
const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const PSEUDO = "v0.0.0-20200102030405-0123456789ab";

function text({ content }: QueryAnswer): string {
  return Buffer.from(content).toString();
}

describe("CachedModuleQueries", () => {
  let proxy: ReplayProxy;
  let client: HttpClient;
  let ingest: IngestPool;
  let directory: TemporaryDirectory;
  let cache: ModuleCache;
  let source: GoProxySource;
  let now: number;
  const opened: CachedModuleQueries[] = [];
  const named: ModuleVersion[] = [];

  beforeEach(async () => {
    proxy = await startReplayProxy({ record: false });
    for (const version of ["v1.1.0", "v1.0.0", "v1.2.0-rc.1"]) {
      proxy.addModule(PATH, version, { "m.go": "package m\n" });
    }
    client = new HttpClient({ userAgent: "test", env: {}, retry: { attempts: 1 } });
    ingest = createIngestPool({ workers: 1 });
    directory = temporaryDirectory();
    now = Date.UTC(2026, 0, 1);
    source = openSource(proxy.url);
    const checksums = new Checksums(new GoSum([]), {
      database: undefined,
      isExempt: () => true,
      isLocalProxyOnly: false,
    });
    const store = new MemoryStore(ingest);
    cache = new ModuleCache({ store, source, checksums, log: silentLogger, clock: () => now });
    named.length = 0;
  });

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((queries) => queries.close()));
    await proxy.close();
    await client.close();
    await ingest.close();
    directory[Symbol.dispose]();
  });

  function openSource(goproxy: string): GoProxySource {
    return new GoProxySource({
      goproxy,
      gonoproxy: "",
      checksumDatabase: undefined,
      client,
      spoolDirectory: directory.join("spool"),
    });
  }

  /** As after a start: what was kept is on disk only. */
  function open(from = source, patience = 60_000): CachedModuleQueries {
    const queries = new CachedModuleQueries({
      source: from,
      store: cache.store,
      directory: directory.join("queries"),
      log: silentLogger,
      onVersion: (id) => {
        named.push(id);
        cache.expectVersion(id);
      },
      patience,
      clock: () => now,
    });
    opened.push(queries);
    return queries;
  }

  async function makeResident(path: string, version: string): Promise<void> {
    const id = parseModuleVersion(path, version);
    await Promise.all((["info", "mod", "zip"] as const).map((part) => cache.ensure(id, part)));
  }

  it("asks once for a thousand who ask at the same time, and once a minute after that", async () => {
    proxy.addFault({ pattern: /list$/, delay: 100 });
    const queries = open();
    const asked = Array.from({ length: 1_000 }, () => queries.versions(PATH, ONLINE));
    const answers = new Set((await Promise.all(asked)).map(text));
    expect(answers).toEqual(new Set(["v1.0.0\nv1.1.0\nv1.2.0-rc.1\n"]));
    now += 30_000;
    expect(await queries.versions(PATH, ONLINE)).toMatchObject({ ageSeconds: 30, stale: false });
    expect(proxy.requests.get(LIST)).toBe(1);
    now += 40_000;
    expect(await queries.versions(PATH, ONLINE)).toMatchObject({ ageSeconds: 0, stale: false });
    expect(proxy.requests.get(LIST)).toBe(2);
  });

  it("renews an answer that many ask for before its time is over, while giving it", async () => {
    const queries = open();
    await queries.latest(PATH, ONLINE);
    now += 50_000;
    expect(await queries.latest(PATH, ONLINE)).toMatchObject({ ageSeconds: 50, stale: false });
    await expect
      .poll(async () => (await queries.latest(PATH, OFFLINE)).ageSeconds, { timeout: 5_000 })
      .toBe(0);
    expect(proxy.requests.get("/example.com/m/@latest")).toBe(2);
  });

  it("gives what it kept, with its age, when upstream is away, and after a start too", async () => {
    const queries = open();
    await queries.versions(PATH, ONLINE);
    await queries.latest(PATH, ONLINE);
    await queries.close();
    await proxy.close();
    now += 3_600_000;
    for (const later of [queries, open()]) {
      const list = await later.versions(PATH, ONLINE);
      expect([text(list), list.ageSeconds, list.stale]).toEqual([
        "v1.0.0\nv1.1.0\nv1.2.0-rc.1\n",
        3_600,
        true,
      ]);
      const latest = await later.latest(PATH, OFFLINE);
      expect(text(latest)).toBe('{"Version":"v1.2.0-rc.1","Time":"2020-01-02T03:04:05Z"}');
      expect(latest).toMatchObject({ ageSeconds: 3_600, stale: true });
    }
  });

  it("does not wait long for upstream where it knows an older answer", async () => {
    const queries = open(source, 50);
    await queries.versions(PATH, ONLINE);
    now += 3_600_000;
    const end = proxy.addFault({ pattern: /list$/, delay: 2_000 });
    expect(await queries.versions(PATH, ONLINE)).toMatchObject({ ageSeconds: 3_600, stale: true });
    end();
    await expect
      .poll(async () => (await queries.versions(PATH, OFFLINE)).ageSeconds, { timeout: 10_000 })
      .toBe(0);
  });

  it("answers from what is resident where upstream was never asked and is away", async () => {
    await makeResident(PATH, "v1.0.0");
    await makeResident(PATH, "v1.2.0-rc.1");
    await cache.ensure(parseModuleVersion(PATH, "v1.1.0"), "mod");
    await proxy.close();
    const queries = open();
    const list = await queries.versions(PATH, ONLINE);
    expect([text(list), list.stale]).toEqual(["v1.0.0\nv1.2.0-rc.1\n", true]);
    expect(list.ageSeconds).toBe((now - Date.UTC(2020, 0, 2, 3, 4, 5)) / 1000);
    const latest = await queries.latest(PATH, OFFLINE);
    expect(text(latest)).toBe('{"Version":"v1.0.0","Time":"2020-01-02T03:04:05Z"}');
    await expect(queries.revision(PATH, "main", ONLINE)).rejects.toEqual(rejection("UPSTREAM"));
    const stranger = parseModulePath("example.com/stranger");
    await expect(queries.versions(stranger, ONLINE)).rejects.toEqual(rejection("UPSTREAM"));
    await expect(queries.versions(stranger, OFFLINE)).rejects.toEqual(rejection("NOT_FOUND"));
  });

  it("finds the resident version of a commit, and the latest where there are only commits", async () => {
    proxy.addModule("example.com/c", PSEUDO, { "c.go": "package c\n" });
    await makeResident("example.com/c", PSEUDO);
    const path = parseModulePath("example.com/c");
    const queries = open(openSource("off"));
    const info = `{"Version":"${PSEUDO}","Time":"2020-01-02T03:04:05Z"}`;
    expect(text(await queries.revision(path, COMMIT, ONLINE))).toBe(info);
    expect(text(await queries.revision(path, COMMIT.slice(0, 8), ONLINE))).toBe(info);
    expect(text(await queries.latest(path, ONLINE))).toBe(info);
    expect(text(await queries.versions(path, ONLINE))).toBe("");
  });

  it("keeps the version of a whole commit hash for ever, that of a branch for a minute", async () => {
    const info = `{"Version":"${PSEUDO}","Time":"2020-01-02T03:04:05Z"}`;
    proxy.set(`/example.com/m/@v/${COMMIT}.info`, info);
    proxy.set("/example.com/m/@v/main.info", info);
    const queries = open();
    for (const query of [COMMIT, "main"]) {
      expect(text(await queries.revision(PATH, query, ONLINE))).toBe(info);
    }
    await queries.close();
    now += 365 * 86_400_000;
    const later = open();
    for (const query of [COMMIT, "main"]) {
      expect(await later.revision(PATH, query, ONLINE)).toMatchObject({ stale: false });
    }
    expect(proxy.requests.get(`/example.com/m/@v/${COMMIT}.info`)).toBe(1);
    expect(proxy.requests.get("/example.com/m/@v/main.info")).toBe(2);
    expect(named.map(({ version }) => version)).toEqual([PSEUDO, PSEUDO, PSEUDO]);
  });

  it("believes for seconds only that something does not exist", async () => {
    const path = parseModulePath("example.com/new");
    const id = parseModuleVersion(path, "v1.0.0");
    const queries = open();
    for (let i = 0; i < 3; i++) {
      await expect(queries.versions(path, ONLINE)).rejects.toEqual(rejection("NOT_FOUND"));
    }
    await expect(cache.ensure(id, "info")).rejects.toEqual(rejection("NOT_FOUND"));
    expect(proxy.requests.get("/example.com/new/@v/list")).toBe(1);
    proxy.addModule(path, "v1.0.0", { "new.go": "package new\n" });
    expect(text(await queries.latest(path, ONLINE))).toContain("v1.0.0");
    // The answer has named it: that it was missing a moment ago is forgotten.
    await cache.ensure(id, "info");
    now += 5_000;
    expect(text(await queries.versions(path, ONLINE))).toBe("v1.0.0\n");
  });

  it("takes 'not found' for an answer: what was kept is over, what is resident stays", async () => {
    await makeResident(PATH, "v1.0.0");
    const queries = open();
    await queries.versions(PATH, ONLINE);
    now += 3_600_000;
    proxy.addFault({ pattern: /list$/, status: 410 });
    await expect(queries.versions(PATH, ONLINE)).rejects.toEqual(rejection("NOT_FOUND"));
    await proxy.close();
    now += 10_000;
    const list = await queries.versions(PATH, ONLINE);
    expect([text(list), list.stale]).toEqual(["v1.0.0\n", true]);
    expect(cache.isResident(parseModuleVersion(PATH, "v1.0.0"), "zip")).toBe(true);
  });

  it("does not take a login page or another module's version for an answer", async () => {
    proxy.set(LIST, "<html>please log in</html>");
    proxy.set("/example.com/m/@latest", '{"Version":"v2.0.0"}');
    const queries = open();
    await expect(queries.versions(PATH, ONLINE)).rejects.toEqual(rejection("UPSTREAM", "no list"));
    await expect(queries.latest(PATH, ONLINE)).rejects.toEqual(rejection("UPSTREAM", "v2.0.0"));
    expect(queries.failures).toHaveLength(2);
  });

  it("ends nobody else's waiting when one asker goes away", async () => {
    proxy.addFault({ pattern: /list$/, delay: 200 });
    const queries = open();
    const leaving = new AbortController();
    const left = queries.versions(PATH, { signal: leaving.signal, offline: false });
    const stayed = queries.versions(PATH, ONLINE);
    setTimeout(() => leaving.abort(), 50);
    await expect(left).rejects.toEqual(rejection("CANCELLED"));
    expect(text(await stayed)).toContain("v1.1.0");
  });

  it("gives an older answer at once while upstream is known to be away", async () => {
    const queries = open(source, 10_000);
    await queries.versions(PATH, ONLINE);
    now += 3_600_000;
    await proxy.close();
    await queries.versions(PATH, ONLINE);
    const start = performance.now();
    const asked = Array.from({ length: 1_000 }, () => queries.versions(PATH, ONLINE));
    const answers = await Promise.race([Promise.all(asked), sleep(5_000)]);
    expect(answers?.every(({ stale }) => stale)).toBe(true);
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});

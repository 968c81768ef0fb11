import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rejection } from "../../test/support/rejection.ts";
import { type ReplayProxy, startReplayProxy } from "../../test/support/replay_proxy.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../test/support/temporary_directory.ts";
import { silentLogger } from "../lib/logger.ts";
import { GoSum, parseGoSum } from "../module/go_sum.ts";
import { formatModuleVersion, type ModuleVersion } from "../module/module_version.ts";
import { parseModulePath, parseModuleVersion } from "../module/path.ts";
import { createIngestPool, type IngestPool } from "../store/ingest.ts";
import { MemoryStore } from "../store/memory/memory_store.ts";
import { GoProxySource } from "../upstream/go_proxy_source.ts";
import { HttpClient } from "../upstream/http_client.ts";
import { type ChecksumDatabase, type ChecksumPolicy, Checksums } from "./checksums.ts";
import { ModuleCache } from "./module_cache.ts";

const ID = parseModuleVersion("example.com/m", "v1.0.0");
const FILES = { "go.mod": "module example.com/m\n", "m.go": "package m\n" };
const WRONG_H1 = `h1:${"A".repeat(43)}=`;

describe("ModuleCache", () => {
  let proxy: ReplayProxy;
  let client: HttpClient;
  let ingest: IngestPool;
  let spool: TemporaryDirectory;

  beforeEach(async () => {
    proxy = await startReplayProxy({ record: false });
    proxy.addModule(ID.path, ID.version, FILES);
    client = new HttpClient({ userAgent: "test", env: {}, retry: { attempts: 1 } });
    ingest = createIngestPool({ workers: 1 });
    spool = temporaryDirectory();
  });

  afterEach(async () => {
    await proxy.close();
    await client.close();
    await ingest.close();
    spool[Symbol.dispose]();
  });

  function open(
    goSum = "",
    policy: Partial<ChecksumPolicy> = {},
    clock?: () => number,
  ): ModuleCache {
    const source = new GoProxySource({
      goproxy: proxy.url,
      gonoproxy: "",
      checksumDatabase: undefined,
      client,
      spoolDirectory: spool.path,
    });
    const checksums = new Checksums(new GoSum(parseGoSum(goSum)), {
      database: undefined,
      isExempt: () => false,
      isLocalProxyOnly: false,
      ...policy,
    });
    const store = new MemoryStore(ingest);
    return new ModuleCache({
      store,
      source,
      checksums,
      log: silentLogger,
      ...(clock && { clock }),
    });
  }

  it("fetches each part once, however many ask", async () => {
    const cache = open();
    const parts = ["info", "mod", "zip"] as const;
    await Promise.all([1, 2, 3].flatMap(() => parts.map((part) => cache.ensure(ID, part))));
    await cache.ensure(ID, "zip");
    for (const file of ["info", "mod", "zip"]) {
      expect(proxy.requests.get(`/example.com/m/@v/v1.0.0.${file}`)).toBe(1);
    }
    expect(cache.statistics()).toMatchObject({ fetched: 3, failed: 0, flights: [] });
    const module = cache.store.openModule(ID);
    expect(module?.manifest.count).toBe(2);
  });

  it("stores .info as the go command would have written it", async () => {
    proxy.set(
      "/example.com/m/@v/v1.0.0.info",
      ' { "Time": "2020-01-02T03:04:05.000Z", "Version": "v1.0.0" }\n',
    );
    const cache = open();
    await cache.ensure(ID, "info");
    expect(Buffer.from(cache.store.readInfo(ID) ?? []).toString()).toBe(
      '{"Version":"v1.0.0","Time":"2020-01-02T03:04:05Z"}',
    );
  });

  it.each([
    [
      "zip",
      `example.com/m v1.0.0 ${WRONG_H1}`,
      "checksum mismatch for example.com/m@v1.0.0: downloaded h1:",
    ],
    [
      "mod",
      `example.com/m v1.0.0/go.mod ${WRONG_H1}`,
      "checksum mismatch for example.com/m@v1.0.0/go.mod",
    ],
  ] as const)("refuses a %s that differs from go.sum", async (part, goSum, message) => {
    const cache = open(goSum);
    await expect(cache.ensure(ID, part)).rejects.toEqual(rejection("SECURITY", message));
    expect(cache.isResident(ID, part)).toBe(false);
    expect(cache.statistics().failures).toMatchObject([
      { what: `example.com/m@v1.0.0.${part}`, code: "SECURITY" },
    ]);
  });

  it("asks the checksum database only where go.sum is silent and no setting exempts", async () => {
    const asked: string[] = [];
    const database: ChecksumDatabase = {
      name: "sum.example.com",
      lookup: (id: ModuleVersion) => {
        asked.push(formatModuleVersion(id));
        return Promise.reject(new Error("away"));
      },
    };
    const other = parseModuleVersion("example.org/other", "v1.0.0");
    proxy.addModule(other.path, other.version, { "go.mod": "module example.org/other\n" });
    const exempt = parseModulePath("example.org/other");
    const cache = open("", { database, isExempt: (path) => path === exempt });
    await expect(cache.ensure(ID, "mod")).rejects.toThrow("away");
    await cache.ensure(other, "mod");
    expect(asked).toEqual(["example.com/m@v1.0.0"]);
  });

  it("verifies toolchains even with GOSUMDB=off", async () => {
    const toolchain = parseModuleVersion("golang.org/toolchain", "v0.0.1-go1.21.3.linux-amd64");
    proxy.addModule(toolchain.path, toolchain.version, {
      "go.mod": "module golang.org/toolchain\n",
    });
    await expect(open().ensure(toolchain, "mod")).rejects.toEqual(
      rejection("UNVERIFIED", "GOSUMDB=off"),
    );
    await open("", { isLocalProxyOnly: true }).ensure(toolchain, "mod");
  });

  it("asks again for what was missing after a moment", async () => {
    let now = 0;
    const cache = open("", {}, () => now);
    const late = parseModuleVersion("example.com/late", "v1.0.0");
    await expect(cache.ensure(late, "zip")).rejects.toEqual(rejection("NOT_FOUND"));
    proxy.addModule(late.path, late.version, { "go.mod": "module example.com/late\n" });
    await expect(cache.ensure(late, "zip")).rejects.toEqual(rejection("NOT_FOUND"));
    now = 60_000;
    await cache.ensure(late, "zip");
    expect(cache.isResident(late, "zip")).toBe(true);
  });

  it("tells listeners what has become resident", async () => {
    const cache = open();
    const told: string[] = [];
    cache.onResident((id, part) => told.push(`${formatModuleVersion(id)}.${part}`));
    await cache.ensure(ID, "zip");
    expect(told).toEqual(["example.com/m@v1.0.0.zip"]);
  });
});

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { inflateRawSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { writeModuleZip } from "../../test/support/hostile_zip.ts";
import type { ModuleVersion } from "../module/module_version.ts";
import { parseModuleVersion } from "../module/path.ts";
import { DeflateStreams } from "./deflate_streams.ts";
import { createIngestPool, type IngestPool, type IngestPoolOptions } from "./ingest.ts";
import { decodeManifest } from "./manifest_codec.ts";
import type { Priority, ZipBytes } from "./module_store.ts";

const FAILING_ENTRY = new URL("./testdata/failing_ingest_worker.ts", import.meta.url);
const run = promisify(execFile);
const pools: IngestPool[] = [];

afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.close())));

function openPool(options?: IngestPoolOptions): IngestPool {
  const pool = createIngestPool(options);
  pools.push(pool);
  return pool;
}

function zipOf(id: ModuleVersion, size = 10): ZipBytes {
  return { kind: "memory", bytes: writeModuleZip(id, { "a.txt": "a".repeat(size) }) };
}

const id = parseModuleVersion("example.com/m", "v1.0.0");

describe("createIngestPool()", () => {
  test("takes the buffer and gives the module", async () => {
    const zip = zipOf(id);
    const ingested = await openPool().ingest(id, zip);
    expect(zip).toMatchObject({ bytes: { length: 0 } });
    const manifest = decodeManifest(ingested.manifest);
    expect(manifest.h1).toBe(ingested.h1);
    expect(manifest.name(0)).toBe("a.txt");
    using streams = new DeflateStreams(ingested);
    const stream = Buffer.concat([...streams.pieces(0, manifest.storedSize(0))]);
    expect(inflateRawSync(stream).toString()).toBe("a".repeat(10));
  });

  test("leaves a buffer whole of which the zip is only a part", async () => {
    const { buffer } = Buffer.from("a pool of Node's own");
    const bytes = new Uint8Array(buffer, 0, 4);
    await expect(openPool().ingest(id, { kind: "memory", bytes })).rejects.toMatchObject({
      code: "INVALID",
    });
    expect(buffer.byteLength).toBeGreaterThan(4);
  });

  test("fails for a buffer that was given away before", async () => {
    const pool = openPool();
    const zip = zipOf(id);
    const first = pool.ingest(id, zip);
    await expect(pool.ingest(id, zip)).rejects.toMatchObject({ code: "STORE" });
    await first;
    await pool.ingest(id, zipOf(id));
  });

  test("refuses a file that is not there, and one that is shorter than it should be", async () => {
    const pool = openPool();
    const missing: ZipBytes = { kind: "file", path: "/nonexistent/m.zip", size: 10 };
    await expect(pool.ingest(id, missing)).rejects.toMatchObject({ code: "STORE" });
    const short: ZipBytes = { kind: "file", path: "/dev/null", size: 1000 };
    await expect(pool.ingest(id, short)).rejects.toThrow(/m@v1.0.0: .* is truncated/);
  });

  test.each(["throws", "exits"])("goes on after a thread that %s", async (ending) => {
    const pool = openPool({ workers: 1, entry: FAILING_ENTRY });
    const fatal = parseModuleVersion(`example.com/${ending}`, "v1.0.0");
    const results = await Promise.allSettled([
      pool.ingest(id, zipOf(id)),
      pool.ingest(fatal, zipOf(fatal)),
      pool.ingest(id, zipOf(id)),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    const [, failed] = results;
    expect(failed).toMatchObject({ reason: { code: "STORE" } });
    expect(failed).toHaveProperty("reason.message", expect.stringMatching(`${ending}@v1.0.0`));
    await pool.ingest(id, zipOf(id));
  });

  test("starts with what somebody waits for, then with the largest", async () => {
    const pool = openPool({ workers: 1 });
    const order: string[] = [];
    const ingest = async (name: string, size: number, priority: Priority = "ahead") => {
      const module = parseModuleVersion(`example.com/${name}`, "v1.0.0");
      const content = Uint8Array.from({ length: size }, (_, index) => (index * index) >> 3);
      const bytes = writeModuleZip(module, { content });
      await pool.ingest(module, { kind: "memory", bytes }, priority);
      order.push(name);
    };
    const jobs = [ingest("first", 1000), ingest("small", 1000)];
    jobs.push(ingest("large", 90_000), ingest("middle", 30_000), ingest("wanted", 10, "demand"));
    await Promise.all(jobs);
    expect(order).toEqual(["first", "wanted", "large", "middle", "small"]);
  });

  test("a zip larger than what may be in flight runs alone", async () => {
    const pool = openPool({ workers: 2, maxBytesInFlight: 1 });
    const all = await Promise.all([1, 2, 3].map(() => pool.ingest(id, zipOf(id))));
    expect(new Set(all.map(({ h1 }) => h1)).size).toBe(1);
  });

  test("refuses more than may wait", async () => {
    const pool = openPool({ workers: 1, maxWaiting: 1 });
    const running = pool.ingest(id, zipOf(id));
    const waiting = pool.ingest(id, zipOf(id));
    await expect(pool.ingest(id, zipOf(id))).rejects.toMatchObject({ code: "BUSY" });
    await Promise.all([running, waiting]);
  });

  test("close() fails what runs, what waits and what comes", async () => {
    const pool = openPool({ workers: 1 });
    const jobs = [pool.ingest(id, zipOf(id)), pool.ingest(id, zipOf(id))];
    const results = Promise.allSettled(jobs);
    await pool.close();
    for (const result of await results) {
      expect(result).toMatchObject({ status: "rejected", reason: { code: "CANCELLED" } });
    }
    await expect(pool.ingest(id, zipOf(id))).rejects.toMatchObject({ code: "CANCELLED" });
  });

  test("idle threads let the process end, and working ones do not", async () => {
    const ingest = new URL("./ingest.ts", import.meta.url).href;
    const zip = Buffer.from(writeModuleZip(id, { "a.txt": "abc" })).toString("base64");
    const script = `
      const bytes = Uint8Array.from(Buffer.from("${zip}", "base64"));
      const id = { path: "example.com/m", version: "v1.0.0" };
      import(${JSON.stringify(ingest)})
        .then(({ createIngestPool }) => createIngestPool().ingest(id, { kind: "memory", bytes }))
        .then(({ h1 }) => console.log(h1));
    `;
    const { stdout } = await run(process.execPath, ["-e", script], { timeout: 30_000 });
    expect(stdout).toMatch(/^h1:/);
  });
});

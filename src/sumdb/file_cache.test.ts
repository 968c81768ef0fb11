import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FileCache } from "./file_cache.ts";

let directory: string;
let cache: FileCache;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "sumdb-cache-"));
  cache = new FileCache(join(directory, "cache", "download", "sumdb"));
});

afterEach(() => rm(directory, { recursive: true }));

const LOOKUP = "example.test/sumdb/lookup/github.com/!azure/sdk@v1.0.0-!r!c1";
const TILE = "example.test/sumdb/tile/8/0/x012/345.p/67";

test("files lie where cmd/go has them", async () => {
  await cache.writeCache(LOOKUP, Buffer.from("record"));
  await cache.writeCache(TILE, Buffer.from("tile"));
  const root = join(directory, "cache/download/sumdb");
  expect(await readFile(join(root, LOOKUP), "utf8")).toBe("record");
  expect(await readFile(join(root, TILE), "utf8")).toBe("tile");
  expect(Buffer.from((await cache.readCache(TILE)) ?? []).toString()).toBe("tile");
});

test("a file is replaced, and nothing else is left beside it", async () => {
  await Promise.all(
    Array.from({ length: 20 }, (_, i) => cache.writeCache(LOOKUP, Buffer.from(`record ${i}`))),
  );
  const root = join(directory, "cache/download/sumdb/example.test/sumdb/lookup/github.com/!azure");
  expect(await readdir(root)).toEqual(["sdk@v1.0.0-!r!c1"]);
  expect(await readFile(join(root, "sdk@v1.0.0-!r!c1"), "utf8")).toMatch(/^record \d+$/);
});

test("what is missing, empty or huge is not there", async () => {
  expect(await cache.readCache(LOOKUP)).toBeUndefined();
  await cache.writeCache(LOOKUP, new Uint8Array());
  expect(await cache.readCache(LOOKUP)).toBeUndefined();
  expect(await cache.readCache(`${LOOKUP}/below`)).toBeUndefined();
  await truncate(join(directory, "cache/download/sumdb", LOOKUP), 2 ** 33);
  expect(await cache.readCache(LOOKUP)).toBeUndefined();
});

test.each([
  "../x",
  "a/../../x",
  "/etc/passwd",
  "a//b",
  "a/./b",
  "",
  "a\0b",
  "a\\b",
  `a/${"b/".repeat(3000)}c`,
])("%j is no file of the cache", async (file) => {
  await expect(cache.writeCache(file, Buffer.from("x"))).rejects.toMatchObject({ code: "INVALID" });
  await expect(cache.readCache(file)).rejects.toMatchObject({ code: "INVALID" });
});

test("a cache that cannot be written says so and leaves nothing", async () => {
  await writeFile(join(directory, "file"), "");
  const inFile = new FileCache(join(directory, "file"));
  await expect(inFile.writeCache(TILE, Buffer.from("x"))).rejects.toMatchObject({
    code: "ENOTDIR",
  });
  expect((await stat(join(directory, "file"))).size).toBe(0);
});

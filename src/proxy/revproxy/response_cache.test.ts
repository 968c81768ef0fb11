import { readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rejection } from "../../../test/support/rejection.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../../test/support/temporary_directory.ts";
import { silentLogger } from "../../lib/logger.ts";
import { ResponseCache } from "./response_cache.ts";
import type { StoredAnswer } from "./response_record.ts";
import { provenContent } from "./stored_content.ts";

let directory: TemporaryDirectory;
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(() => directory[Symbol.dispose]());

async function openCache(maxBytes = 1_000_000): Promise<ResponseCache> {
  return await ResponseCache.open({
    directory: directory.join("cache"),
    maxBytes,
    log: silentLogger,
  });
}

async function store(
  cache: ResponseCache,
  path: string,
  content: string | Buffer,
  variant = "v",
): Promise<void> {
  const body = await cache.begin();
  const bytes = Buffer.from(content);
  await body.file.write(bytes);
  body.hash.update(bytes);
  const fields = ["Vary", "X-Variant"];
  await cache.store(
    urlOf(path),
    { status: 200, fields, requestTime: 1, responseTime: 2, variant },
    body,
  );
  await body.file.close();
}

function urlOf(path: string): URL {
  return new URL(path, "https://listed.test");
}

function files(name: string): string[] {
  return readdirSync(directory.join("cache", name), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

async function read(cache: ResponseCache, { body }: StoredAnswer): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of provenContent(cache.bodyFile(body), body)) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

/** The answer for a request without the field that is varied on. */
async function find(cache: ResponseCache, path: string): Promise<StoredAnswer | undefined> {
  return await cache.lookup(urlOf(path), []);
}

describe("ResponseCache", () => {
  it("keeps content once, until the last answer with it is gone", async () => {
    const cache = await openCache();
    await store(cache, "/1", "same");
    await store(cache, "/2", "same");
    expect(files("bodies")).toHaveLength(1);
    cache.remove(urlOf("/1"));
    await cache.close();
    expect(files("bodies")).toHaveLength(1);
    cache.remove(urlOf("/2"));
    await cache.close();
    expect([files("bodies"), files("records")]).toEqual([[], []]);
  });

  it("keeps what is stored again while it is removed", async () => {
    const cache = await openCache();
    const { variantKey } = await import("./response_record.ts");
    const variant = variantKey(["Vary", "X-Variant"], []);
    for (let time = 0; time < 30; time += 1) {
      await store(cache, "/1", "same", variant);
      cache.remove(urlOf("/1"));
      await store(cache, "/1", "same", variant);
      const found = await find(cache, "/1");
      expect(found && (await read(cache, found))).toBe("same");
    }
  });

  it("bounds the variants of a URL", async () => {
    const cache = await openCache();
    for (let variant = 0; variant < 20; variant += 1) {
      await store(cache, "/1", `content ${variant}`, String(variant));
    }
    await cache.close();
    expect(files("bodies")).toHaveLength(8);
  });

  it("keeps nothing of what does not fit", async () => {
    const cache = await openCache(100_000);
    await store(cache, "/1", "before");
    await store(cache, "/1", Buffer.alloc(200_000));
    await cache.close();
    expect([cache.size, cache.storedBytes, files("bodies"), files("records")]).toEqual([
      0,
      0,
      [],
      [],
    ]);
  });

  it("remembers the order of use when it is opened anew, and clears up", async () => {
    const before = await openCache();
    for (const path of ["/1", "/2", "/3"]) await store(before, path, path.repeat(10_000));
    await before.close();
    const [oldest = ""] = files("records");
    utimesSync(oldest, 1, 1);
    const junk = [
      directory.join("cache/bodies/junk"),
      directory.join("cache/tmp/abandoned"),
      directory.join("cache/records", "0".repeat(64)),
    ];
    for (const path of junk) writeFileSync(path, "junk");
    utimesSync(directory.join("cache/tmp/abandoned"), 1, 1);
    const cache = await openCache();
    expect(cache.size).toBe(3);
    await cache.close();
    const smaller = await openCache(60_000);
    await smaller.close();
    expect(smaller.size).toBe(2);
    expect(files("records")).not.toContain(oldest);
    expect([files("bodies").length, files("tmp").length]).toEqual([2, 0]);
  });

  it("passes over what it cannot read", async () => {
    const cache = await openCache();
    await store(cache, "/1", "content");
    for (const path of files("records"))
      writeFileSync(path, '{"format":1,"answers":[{"status":500}]}');
    expect(await find(cache, "/1")).toBeUndefined();
    await cache.close();
    expect(files("records")).toEqual([]);
    await store(cache, "/2", "content");
    rmSync(directory.join("cache/records"), { recursive: true });
    expect(await find(cache, "/2")).toBeUndefined();
  });

  it("says so if its directory cannot be used", async () => {
    writeFileSync(directory.join("cache"), "a file");
    await expect(openCache()).rejects.toEqual(rejection("STORE", "cache"));
  });
});

import { createHash } from "node:crypto";
import {
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../test/support/temporary_directory.ts";
import { decodeActionId, decodeOutputId } from "../identifier.ts";
import { DiskTier, LAST_USE_PRECISION } from "./disk_tier.ts";
import { LocalBuildCache } from "./local_build_cache.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const ACTION = decodeActionId(createHash("sha256").update("action").digest("base64"));
const OTHER = decodeActionId(createHash("sha256").update("other action").digest("base64"));
const CONTENT = Buffer.from("an output");
const OUTPUT = decodeOutputId(createHash("sha256").update(CONTENT).digest("base64"));
const PUT = { actionId: ACTION, outputId: OUTPUT, size: CONTENT.length };

function open(directory: string): { tier: DiskTier; cache: LocalBuildCache } {
  const tier = new DiskTier(directory, () => NOW);
  return { tier, cache: new LocalBuildCache(tier, () => NOW) };
}

describe("LocalBuildCache over DiskTier", () => {
  test("get() gives what was put, also to another process", () => {
    using directory = temporaryDirectory();
    const { cache } = open(directory.path);
    expect(cache.get(ACTION)).toBeUndefined();
    const put = cache.put(PUT);
    put.write(CONTENT.subarray(0, 4));
    put.write(CONTENT.subarray(4));
    const path = put.commit();
    expect(readFileSync(path)).toEqual(CONTENT);
    const output = { outputId: OUTPUT, size: CONTENT.length, time: new Date(NOW), diskPath: path };
    expect(cache.get(ACTION)).toEqual(output);
    expect(open(directory.path).cache.get(ACTION)).toEqual(output);
    expect(readdirSync(join(directory.path, "tmp"))).toEqual([]);
  });

  test("outputs are executable, read-only and without an extension", () => {
    using directory = temporaryDirectory();
    const put = open(directory.path).cache.put(PUT);
    put.write(CONTENT);
    const path = put.commit();
    expect(statSync(path).mode & 0o777).toBe(0o555);
    expect(path).toBe(join(directory.path, "output", OUTPUT.slice(0, 2), OUTPUT));
  });

  test("an output that is there already is not written again", () => {
    using directory = temporaryDirectory();
    const { cache } = open(directory.path);
    const first = cache.put(PUT);
    first.write(CONTENT);
    const { ino } = statSync(first.commit());
    const second = cache.put({ ...PUT, actionId: OTHER });
    second.write(CONTENT);
    expect(statSync(second.commit()).ino).toBe(ino);
    expect(cache.get(OTHER)?.outputId).toBe(OUTPUT);
  });

  test("bytes that are not the output's are refused, and nothing stays", () => {
    using directory = temporaryDirectory();
    const { cache } = open(directory.path);
    const put = cache.put(PUT);
    put.write(Buffer.from("AN OUTPUT"));
    expect(() => put.commit()).toThrow(`output ${OUTPUT} of 9 bytes came as 9 bytes whose SHA-256`);
    expect(cache.get(ACTION)).toBeUndefined();
    expect(readdirSync(join(directory.path, "tmp"))).toEqual([]);
    expect(existsSync(join(directory.path, "output", OUTPUT.slice(0, 2), OUTPUT))).toBe(false);
  });

  test("an output that is gone, cut, or of which the record is damaged is a miss", () => {
    using directory = temporaryDirectory();
    const { tier, cache } = open(directory.path);
    const put = cache.put(PUT);
    put.write(CONTENT);
    const path = put.commit();
    truncateSync(path, 3);
    expect(cache.get(ACTION)).toBeUndefined();
    writeFileSync(tier.layout.action(ACTION), "");
    expect(cache.get(ACTION)).toBeUndefined();
  });

  test("a cut output is replaced by the next put", () => {
    using directory = temporaryDirectory();
    const { cache } = open(directory.path);
    const first = cache.put(PUT);
    first.write(CONTENT);
    truncateSync(first.commit(), 3);
    const second = cache.put(PUT);
    second.write(CONTENT);
    expect(readFileSync(second.commit())).toEqual(CONTENT);
  });

  test("get() notes the last use of an output, but not each time", () => {
    using directory = temporaryDirectory();
    const { cache } = open(directory.path);
    const put = cache.put(PUT);
    put.write(CONTENT);
    const path = put.commit();
    const lastUseAfter = (age: number): number => {
      utimesSync(path, (NOW - age) / 1_000, (NOW - age) / 1_000);
      cache.get(ACTION);
      return statSync(path).mtimeMs;
    };
    expect(lastUseAfter(LAST_USE_PRECISION - 1_000)).toBe(NOW - LAST_USE_PRECISION + 1_000);
    expect(lastUseAfter(LAST_USE_PRECISION + 1_000)).toBe(NOW);
  });

  test("put() says what cannot be written, and why", () => {
    using directory = temporaryDirectory();
    writeFileSync(join(directory.path, "tmp"), "a file where a directory belongs");
    expect(() => open(directory.path).cache.put(PUT)).toThrow(
      `cannot write ${directory.path}/tmp/`,
    );
  });
});

describe("DiskTier", () => {
  test("find() gives an output whose size nobody knows, if it is whole", () => {
    using directory = temporaryDirectory();
    const { tier, cache } = open(directory.path);
    expect(tier.find(OUTPUT)).toBeUndefined();
    const put = cache.put(PUT);
    put.write(CONTENT);
    const diskPath = put.commit();
    expect(tier.find(OUTPUT)).toEqual({ diskPath, size: CONTENT.length });
    truncateSync(diskPath, 3);
    expect(tier.find(OUTPUT)).toBeUndefined();
  });

  test.each([0, 9, 1_000_000])("store() takes an output of %i bytes in", async (size) => {
    using directory = temporaryDirectory();
    const { tier } = open(directory.path);
    const bytes = Buffer.alloc(size, "x");
    const id = decodeOutputId(createHash("sha256").update(bytes).digest("base64"));
    const path = await tier.store(id, bytes);
    expect(tier.output(id, size)).toBe(path);
    expect(readFileSync(path)).toEqual(bytes);
    expect(statSync(path).mode & 0o777).toBe(0o555);
    expect(readdirSync(tier.layout.temporary)).toEqual([]);
  });

  test.each([9, 1_000_000])("store() refuses %i bytes of another output", async (size) => {
    using directory = temporaryDirectory();
    const { tier } = open(directory.path);
    const stored = tier.store(OUTPUT, Buffer.alloc(size, "x"));
    await expect(stored).rejects.toThrow(`came as ${size} bytes whose SHA-256`);
    expect(tier.find(OUTPUT)).toBeUndefined();
    expect(tier.output(OUTPUT, size)).toBeUndefined();
  });

  test.each([9, 1_000_000])("store() of %i bytes leaves nothing where it cannot", async (size) => {
    using directory = temporaryDirectory();
    const { tier } = open(directory.path);
    writeFileSync(join(directory.path, "output"), "a file where a directory belongs");
    const bytes = Buffer.alloc(size, "x");
    const id = decodeOutputId(createHash("sha256").update(bytes).digest("base64"));
    await expect(tier.store(id, bytes)).rejects.toThrow("cannot write");
    expect(readdirSync(tier.layout.temporary)).toEqual([]);
  });
});

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../../test/support/temporary_directory.ts";
import type { BuildCache } from "../build_cache.ts";
import { DiskTier } from "../disk/disk_tier.ts";
import { LocalBuildCache } from "../disk/local_build_cache.ts";
import { decodeActionId, decodeOutputId } from "../identifier.ts";
import { ByteBudget } from "./byte_budget.ts";
import { PrivateBuildCache } from "./private_build_cache.ts";

const ACTION = decodeActionId(createHash("sha256").update("action").digest("base64"));
const OTHER = decodeActionId(createHash("sha256").update("other").digest("base64"));

function put(cache: BuildCache, actionId: typeof ACTION, content: string): string {
  const bytes = Buffer.from(content);
  const outputId = decodeOutputId(createHash("sha256").update(bytes).digest("base64"));
  const pending = cache.put({ actionId, outputId, size: bytes.length });
  pending.write(bytes);
  return pending.commit();
}

function open(
  directory: TemporaryDirectory,
  options: { maxBytes?: number; total?: ByteBudget } = {},
): { shared: LocalBuildCache; guest: PrivateBuildCache; root: string } {
  const shared = new LocalBuildCache(new DiskTier(directory.join("shared")));
  const root = directory.join("private");
  const guest = new PrivateBuildCache(shared, { root, maxBytes: 1_000_000, ...options });
  return { shared, guest, root };
}

describe("PrivateBuildCache", () => {
  test("gets what is shared, and its own puts, which nobody else sees", async () => {
    using directory = temporaryDirectory();
    const { shared, guest, root } = open(directory);
    put(shared, ACTION, "right");
    const before = readdirSync(directory.join("shared"), { recursive: true });
    expect(await guest.get(ACTION)).toEqual(shared.get(ACTION));
    put(guest, ACTION, "poison");
    const path = put(guest, OTHER, "own");
    expect(await guest.get(ACTION)).toMatchObject({ size: "poison".length });
    expect(await guest.get(OTHER)).toMatchObject({ diskPath: path });
    expect(shared.get(ACTION)).toMatchObject({ size: "right".length });
    expect(shared.get(OTHER)).toBeUndefined();
    const second = new PrivateBuildCache(shared, { root, maxBytes: 1_000_000 });
    expect(await second.get(OTHER)).toBeUndefined();
    expect(readdirSync(directory.join("shared"), { recursive: true })).toEqual(before);
    await guest.close();
    expect(existsSync(path)).toBe(false);
    expect(readdirSync(root)).toEqual([]);
  });

  test("names of private directories cannot be listed, but what is in one can be read by who knows it", () => {
    using directory = temporaryDirectory();
    const { guest, root } = open(directory);
    const path = put(guest, ACTION, "own");
    expect(statSync(root).mode & 0o777).toBe(0o711);
    expect(statSync(dirname(dirname(dirname(path)))).mode & 0o777).toBe(0o755);
    expect(readFileSync(path, "utf8")).toBe("own");
  });

  test("puts no more than it may, also of empty outputs and together with others", async () => {
    using directory = temporaryDirectory();
    const { guest } = open(directory, { maxBytes: 20_000 });
    put(guest, ACTION, "x".repeat(10_000));
    expect(() => put(guest, OTHER, "y".repeat(10_000))).toThrow("is used up");
    const total = new ByteBudget(10_000);
    const [first, second] = [open(directory, { total }).guest, open(directory, { total }).guest];
    put(first, ACTION, "");
    put(second, ACTION, "");
    expect(() => put(second, OTHER, "")).toThrow("is used up");
    await first.close();
    put(second, OTHER, "");
  });

  test("has another place where the cache may not be written", () => {
    using directory = temporaryDirectory();
    writeFileSync(directory.join("private"), "a file where a directory belongs");
    const { guest, root } = open(directory);
    const path = put(guest, ACTION, "own");
    expect(path.startsWith(root)).toBe(false);
    expect(readFileSync(path, "utf8")).toBe("own");
    return guest.close();
  });
});

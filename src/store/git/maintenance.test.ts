import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../test/support/temporary_directory.ts";
import { parseModuleVersion } from "../../module/path.ts";
import { createIngestPool } from "../ingest.ts";
import { contentsOf, expectedContents } from "../module_contents.ts";
import { fsck, git, gitText, putFiles } from "./git_for_tests.ts";
import { GitStore, type GitStoreOptions } from "./git_store.ts";
import { GitStoreReader } from "./git_store_reader.ts";

const ingest = createIngestPool();
afterAll(() => ingest.close());

function module(number: number) {
  const id = parseModuleVersion(`example.com/m${number}`, "v1.0.0");
  const text = `${number} is the number of this module\n`.repeat(200);
  return { id, files: { "go.mod": `module ${id.path}\n`, "a/text.txt": text, LICENSE: "same\n" } };
}

async function storeOf(
  directory: string,
  modules: number,
  options: Pick<GitStoreOptions, "idleMilliseconds"> = {},
): Promise<GitStore> {
  const store = await GitStore.open({ directory, ingest, ...options });
  for (let number = 0; number < modules; number++) {
    await putFiles(store, module(number).id, module(number).files);
  }
  return store;
}

function packs(directory: string): string[] {
  return readdirSync(`${directory}/objects/pack`).filter((name) => name.endsWith(".pack"));
}

function expectModules(reader: GitStoreReader | GitStore, numbers: Iterable<number>): void {
  for (const number of numbers) {
    const { id, files } = module(number);
    expect(contentsOf(reader.openModule(id))).toEqual(expectedContents(files));
  }
}

describe("consolidate()", () => {
  test("makes one pack of many, while readers have modules open", async () => {
    using directory = temporaryDirectory();
    const store = await storeOf(directory.path, 20);
    const reader = GitStoreReader.open(directory.path);
    const open = reader.openModule(module(3).id);
    expect(packs(directory.path).length).toBe(20);
    expect(await store.consolidate(5)).toEqual({ packsBefore: 20, packsAfter: 1 });
    expect(packs(directory.path).length).toBe(1);
    fsck(directory.path);
    expect(contentsOf(open)).toEqual(expectedContents(module(3).files));
    expectModules(reader, Array(20).keys());
    expectModules(store, Array(20).keys());
    expect(await store.consolidate(5)).toEqual({ packsBefore: 0, packsAfter: 0 });
    reader.close();
    await store.close();
  });

  test("is started by writing, once that has come to rest", async () => {
    using directory = temporaryDirectory();
    const store = await storeOf(directory.path, 55, { idleMilliseconds: 300 });
    expect(packs(directory.path).length).toBe(55);
    await expect.poll(() => packs(directory.path).length, { timeout: 10_000 }).toBeLessThan(10);
    await store.close();
    fsck(directory.path);
  });

  test("is left to whoever comes next when the store is closed first", async () => {
    using directory = temporaryDirectory();
    const store = await storeOf(directory.path, 55);
    await store.close();
    expect(packs(directory.path).length).toBe(55);
    const next = await storeOf(directory.path, 1, { idleMilliseconds: 0 });
    await next.putInfo(module(1).id, Buffer.from("{}"));
    await expect.poll(() => packs(directory.path).length, { timeout: 10_000 }).toBeLessThan(10);
    await next.close();
  });

  test("is done by one of two processes at a time", async () => {
    using directory = temporaryDirectory();
    const store = await storeOf(directory.path, 12);
    const other = await GitStore.open({ directory: directory.path, ingest });
    const results = await Promise.all([store.consolidate(2), other.consolidate(2)]);
    expect(results.filter(({ packsBefore }) => packsBefore === 12).length).toBe(1);
    expectModules(store, Array(12).keys());
    expectModules(other, Array(12).keys());
    await store.close();
    await other.close();
  });

  test("removes nothing where a pack is damaged", async () => {
    using directory = temporaryDirectory();
    const store = await storeOf(directory.path, 6);
    const [damaged = ""] = packs(directory.path);
    const path = directory.join("objects", "pack", damaged);
    const bytes = readFileSync(path);
    bytes[30] = (bytes[30] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    await expect(store.consolidate(2)).rejects.toMatchObject({ code: "STORE" });
    expect(packs(directory.path).length).toBe(6);
    expect(readdirSync(directory.join("gomodfs"))).toEqual([]);
    await store.close();
  });

  test("removes what killed processes left, but nothing young", async () => {
    using directory = temporaryDirectory();
    const store = await storeOf(directory.path, 1);
    const left = ["pack-1.part", "lock-1", "packed-refs-1"].map((name) =>
      directory.join("gomodfs", name),
    );
    const orphan = directory.join("objects", "pack", `pack-${"0".repeat(40)}`);
    left.push(`${orphan}.pack`, `${orphan}.keep`);
    for (const path of left) writeFileSync(path, "");
    await store.consolidate();
    for (const path of left) expect(statSync(path).size).toBe(0);
    for (const path of left) utimesSync(path, new Date(0), new Date(0));
    await store.consolidate();
    for (const path of left) expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
    expectModules(store, [0]);
    await store.close();
  });
});

describe("compact()", () => {
  test("drops what only removed modules had", async () => {
    using directory = temporaryDirectory();
    const store = await storeOf(directory.path, 8);
    const reader = GitStoreReader.open(directory.path);
    for (const number of [1, 4]) await store.remove(module(number).id);
    const before = store.usage();
    await store.compact(0);
    const after = store.usage();
    expect(after.storedBytes).toBeLessThan(before.storedBytes);
    expect(after.servedBytes).toBe(before.servedBytes);
    fsck(directory.path);
    expect(git(directory.path, ["fsck", "--unreachable"]).toString()).toBe("");
    expectModules(store, [0, 2, 3, 5, 6, 7]);
    expectModules(reader, [0, 2, 3, 5, 6, 7]);
    for (const number of [1, 4]) expect(store.openModule(module(number).id)).toBeUndefined();
    await putFiles(store, module(1).id, module(1).files);
    expectModules(store, [1]);
    reader.close();
    await store.close();
  });

  test("leaves young packs and what other refs lead to", async () => {
    using directory = temporaryDirectory();
    const store = await storeOf(directory.path, 2);
    const tree = gitText(directory.path, ["rev-parse", "refs/gomod/example.com%2Fm0@v1.0.0"]);
    const commit = gitText(directory.path, ["commit-tree", "-m", "x", tree]);
    git(directory.path, ["update-ref", "refs/heads/main", commit]);
    for (const number of [0, 1]) await store.remove(module(number).id);
    await store.compact();
    expect(packs(directory.path).length).toBe(2);
    await store.compact(0);
    expect(packs(directory.path).length).toBe(1);
    fsck(directory.path);
    await store.close();
  });

  test("has a writer write again what he took for stored", async () => {
    using directory = temporaryDirectory();
    const store = await storeOf(directory.path, 3);
    const other = await GitStore.open({ directory: directory.path, ingest });
    // The other one has the packs open, and so goes on to read them after they are removed.
    expectModules(other, [0, 1, 2]);
    for (const number of [0, 1, 2]) await store.remove(module(number).id);
    await store.compact(0);
    expect(packs(directory.path)).toEqual([]);
    await putFiles(other, module(1).id, module(1).files);
    const reader = GitStoreReader.open(directory.path);
    expectModules(reader, [1]);
    fsck(directory.path);
    reader.close();
    await store.close();
    await other.close();
  });

  test("never drops what a writer beside relies on", async () => {
    using directory = temporaryDirectory();
    const store = await storeOf(directory.path, 10);
    const other = await GitStore.open({ directory: directory.path, ingest });
    for (let number = 0; number < 10; number++) await store.remove(module(number).id);
    await Promise.all([
      store.compact(0),
      ...Array.from({ length: 10 }, (_, number) =>
        putFiles(other, module(number).id, module(number).files),
      ),
    ]);
    const reader = GitStoreReader.open(directory.path);
    expect(reader.list().length).toBe(10);
    expectModules(reader, Array(10).keys());
    fsck(directory.path);
    reader.close();
    await store.close();
    await other.close();
  });
});

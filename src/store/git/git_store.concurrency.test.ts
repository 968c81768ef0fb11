import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../test/support/temporary_directory.ts";
import { createIngestPool } from "../ingest.ts";
import { contentsOf, expectedContents } from "../module_contents.ts";
import type { ModuleReader } from "../module_store.ts";
import { fsck, git, putFiles } from "./git_for_tests.ts";
import { GitStore } from "./git_store.ts";
import { GitStoreReader } from "./git_store_reader.ts";
import { numberedModule } from "./write_modules_for_tests.ts";

const WRITER = fileURLToPath(new URL("./write_modules_for_tests.ts", import.meta.url));

const ingest = createIngestPool();
afterAll(() => ingest.close());

interface Writer {
  readonly process: ChildProcess;
  /** Numbers of modules that it said to be durable. */
  readonly written: Set<number>;
  readonly exited: Promise<unknown[]>;
}

function startWriter(directory: string, from: number, to: number): Writer {
  const child = spawn(process.execPath, [WRITER, directory, `${from}`, `${to}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const written = new Set<number>();
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) written.add(Number(line));
  });
  return { process: child, written, exited: once(child, "close") };
}

/**
 * The numbers of modules that should not be as they are: visible but not complete, or not visible though they were said
 * to be durable.
 */
function wrongModules(reader: ModuleReader, written: Iterable<number>, upTo = 0): number[] {
  const durable = new Set(written);
  const numbers = durable.union(new Set(Array(upTo).keys()));
  return [...numbers].filter((number) => !isRight(reader, number, durable.has(number)));
}

function isRight(reader: ModuleReader, number: number, isDurable: boolean): boolean {
  const { id, files } = numberedModule(number);
  const module = reader.openModule(id);
  const goMod = reader.readGoMod(id);
  return (
    (module === undefined
      ? !isDurable
      : isDeepStrictEqual(contentsOf(module), expectedContents(files))) &&
    (goMod === undefined || Buffer.from(goMod).toString() === `module ${id.path}\n`)
  );
}

describe("a git store", () => {
  test("whose writer is killed again and again is complete and clean", async () => {
    using directory = temporaryDirectory();
    const written = new Set<number>();
    for (let round = 0; round < 8; round++) {
      const from = round * 60;
      const writer = startWriter(directory.path, from, from + 400);
      while (writer.written.size === 0) await sleep(5);
      await sleep(Math.random() * 120);
      writer.process.kill("SIGKILL");
      await writer.exited;
      for (const number of writer.written) written.add(number);
      fsck(directory.path);
      const reader = GitStoreReader.open(directory.path);
      expect(wrongModules(reader, written, from + 400)).toEqual([]);
      reader.close();
    }
    const store = await GitStore.open({ directory: directory.path, ingest });
    const { id, files } = numberedModule(9999);
    await putFiles(store, id, files);
    await store.consolidate(0);
    await store.compact(0);
    fsck(directory.path);
    expect(wrongModules(store, [...written, 9999], 1000)).toEqual([]);
    await store.close();
  });

  test("takes the same modules from two processes at once", async () => {
    using directory = temporaryDirectory();
    const writers = [startWriter(directory.path, 0, 120), startWriter(directory.path, 0, 120)];
    for (const { exited } of writers) expect((await exited)[0]).toBe(0);
    fsck(directory.path);
    const reader = GitStoreReader.open(directory.path);
    expect(wrongModules(reader, Array(120).keys())).toEqual([]);
    expect(reader.list().length).toBe(120);
    reader.close();
  });

  test("stays complete while git collects garbage and repacks beside", async () => {
    using directory = temporaryDirectory();
    const store = await GitStore.open({ directory: directory.path, ingest });
    const reader = GitStoreReader.open(directory.path);
    const writer = startWriter(directory.path, 0, 200);
    let exitCode: unknown;
    void writer.exited.then(([code]) => {
      exitCode = code;
    });
    for (let round = 0; exitCode === undefined; round++) {
      const commands = [
        ["gc", "--prune=now", "-q"],
        ["repack", "-adfkq"],
        ["pack-refs", "--all"],
      ];
      git(directory.path, commands[round % 3] ?? []);
      await putFiles(store, numberedModule(1000 + round).id, numberedModule(1000 + round).files);
      await sleep(1);
      reader.refresh();
      expect(wrongModules(reader, [...writer.written, 1000 + round])).toEqual([]);
    }
    expect(exitCode).toBe(0);
    git(directory.path, ["gc", "--prune=now", "-q"]);
    fsck(directory.path);
    expect(wrongModules(reader, Array(200).keys())).toEqual([]);
    reader.close();
    await store.close();
  });

  test("is read on when git repacked even its kept packs", async () => {
    using directory = temporaryDirectory();
    const store = await GitStore.open({ directory: directory.path, ingest });
    for (let number = 0; number < 10; number++) {
      await putFiles(store, numberedModule(number).id, numberedModule(number).files);
    }
    const reader = GitStoreReader.open(directory.path);
    const open = reader.openModule(numberedModule(4).id);
    git(directory.path, ["repack", "-adfq", "--pack-kept-objects"]);
    await store.consolidate(0);
    const { files } = numberedModule(4);
    const names = Object.keys(files).toSorted();
    for (const [index, name] of names.entries()) {
      expect(
        Buffer.compare(Buffer.from(files[name] ?? ""), open?.readFile(index) ?? Buffer.of()),
      ).toBe(0);
    }
    reader.close();
    await store.close();
  });
});

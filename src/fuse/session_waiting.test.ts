import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, stat } from "node:fs/promises";
import { constants } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT_ID } from "./protocol.ts";
import { failureOf, MountedMemory, run } from "./testdata/mounted_memory.ts";
import { WAKE_FILE_NAME } from "./wake_file.ts";

const { EIO, ENOENT } = constants.errno;

let memory: MountedMemory;

beforeAll(async () => {
  memory = await MountedMemory.open();
});

afterAll(() => memory[Symbol.asyncDispose]());

describe("a lookup that waits", () => {
  it("is answered late, and others are answered meanwhile", async () => {
    const late = run("cat", [memory.path("wait-late")]);
    const [wait] = await memory.waits(1);
    await expect.poll(() => memory.session.pending).toBe(1);
    expect(await readFile(memory.path("hello.txt"), "utf8")).toBe("hello\n");
    expect((await run("ls", [memory.directory])).stdout).toContain("hello.txt");
    if (wait !== undefined) memory.release(wait, "late content");
    expect((await late).stdout).toBe("late content");
  });

  it("fails with the error that it is settled with, and may be tried again", async () => {
    const failure = failureOf(run("cat", [memory.path("wait-failing")]));
    const [wait] = await memory.waits(1);
    memory.session.settle(wait?.ticket ?? 0, { errno: EIO });
    expect(await failure).toContain("Input/output error");
    const second = failureOf(run("cat", [memory.path("wait-failing")]));
    const [again] = await memory.waits(1);
    memory.session.settle(again?.ticket ?? 0, { errno: ENOENT });
    expect(await second).toContain("No such file or directory");
  });

  it("is shared by all who wait for the same name", async () => {
    const readers = Array.from({ length: 8 }, () => run("cat", [memory.path("wait-shared-a")]));
    const [wait] = await memory.waits(1);
    if (wait !== undefined) memory.release(wait);
    const outputs = await Promise.all(readers);
    expect(outputs.map(({ stdout }) => stdout)).toEqual(Array(8).fill("wait-shared-a"));
  });

  it("is one of many that are settled at once with few wakes", async () => {
    const names = Array.from({ length: 100 }, (_, index) => memory.path(`wait-many-${index}`));
    const reading = run("sh", ["-c", 'for name; do cat "$name" & done; wait', "sh", ...names]);
    const waits = await memory.waits(names.length);
    const wakes = await memory.requestsDuring(async () => {
      for (const wait of waits) memory.release(wait, ".");
      expect((await reading).stdout).toBe(".".repeat(names.length));
    }, "NOTIFY_REPLY");
    expect(wakes).toBeGreaterThan(0);
    expect(wakes).toBeLessThan(names.length / 2);
  });

  it("is answered even if the kernel has forgotten the file by which the thread is woken", async () => {
    await memory.session.invalidateEntry(ROOT_ID, Buffer.from(WAKE_FILE_NAME));
    const reading = run("cat", [memory.path("wait-forgotten")]);
    const [wait] = await memory.waits(1);
    if (wait !== undefined) memory.release(wait);
    expect((await reading).stdout).toBe("wait-forgotten");
  });

  it("does not keep a process from being killed", async () => {
    const child = spawn("cat", [memory.path("wait-killed")], { stdio: "ignore" });
    const [wait] = await memory.waits(1);
    child.kill("SIGKILL");
    expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
    expect(memory.session.requestCounts().get("INTERRUPT")).toBe(1);
    await expect.poll(() => memory.session.pending).toBe(0);
    if (wait !== undefined) memory.release(wait, "too late, but not for others");
    expect((await run("cat", [memory.path("wait-killed")])).stdout).toBe(
      "too late, but not for others",
    );
  });
});

describe("a missing name", () => {
  async function lookups(name: string): Promise<number> {
    const look = (): Promise<unknown> => stat(memory.path(name)).catch(() => undefined);
    await look();
    return memory.requestsDuring(look, "LOOKUP");
  }

  it("is asked for each time while it may appear", async () => {
    expect(await lookups("later")).toBe(1);
  });

  it("is asked for once if it never will", async () => {
    expect(await lookups("never-there")).toBe(0);
  });
});

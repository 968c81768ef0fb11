import { readdir, readFile, stat } from "node:fs/promises";
import { constants } from "node:os";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ROOT_ID } from "./protocol.ts";
import { failureOf, MountedMemory, run } from "./testdata/mounted_memory.ts";

let memory: MountedMemory;

beforeEach(async () => {
  memory = await MountedMemory.open();
});

afterEach(() => memory[Symbol.asyncDispose]());

/** Lets a file appear without anybody asking for it. */
function appear(name: string): void {
  memory.session.post({ name, content: Buffer.from(name) });
}

describe("invalidateDirectory()", () => {
  it("shows what is new in a listing that the kernel had cached", async () => {
    await readdir(memory.directory);
    appear("new.txt");
    await memory.requestsDuring(() => stat(memory.path("sub")));
    expect(await readdir(memory.directory)).not.toContain("new.txt");
    memory.session.invalidateDirectory(ROOT_ID);
    expect(await readdir(memory.directory)).toContain("new.txt");
  });

  it("does not care for directories that the kernel does not know", () => {
    expect(() => memory.session.invalidateDirectory(123_456)).not.toThrow();
  });

  it("does not wait for a lookup that waits in the directory", async () => {
    const reading = run("cat", [memory.path("wait-a")]);
    const [wait] = await memory.waits(1);
    memory.session.invalidateDirectory(ROOT_ID);
    if (wait !== undefined) memory.release(wait);
    expect((await reading).stdout).toBe("wait-a");
  });
});

describe("invalidateEntry()", () => {
  it("makes a name that was missing for ever be asked for again", async () => {
    await expect(stat(memory.path("never-say"))).rejects.toMatchObject({ code: "ENOENT" });
    appear("never-say");
    await expect(stat(memory.path("never-say"))).rejects.toMatchObject({ code: "ENOENT" });
    await memory.session.invalidateEntry(ROOT_ID, Buffer.from("never-say"));
    expect(await readFile(memory.path("never-say"), "utf8")).toBe("never-say");
  });

  it("makes a name that is there be asked for again", async () => {
    await stat(memory.path("hello.txt"));
    await memory.session.invalidateEntry(ROOT_ID, Buffer.from("hello.txt"));
    expect(await memory.requestsDuring(() => stat(memory.path("hello.txt")), "LOOKUP")).toBe(1);
  });

  it("does not care for names that the kernel does not know", async () => {
    await expect(
      memory.session.invalidateEntry(ROOT_ID, Buffer.from("unknown")),
    ).resolves.toBeUndefined();
  });

  it("waits, without blocking anybody, until no lookup waits", async () => {
    const failure = failureOf(run("cat", [memory.path("wait-a")]));
    const [wait] = await memory.waits(1);
    let done = false;
    const invalidated = memory.session
      .invalidateEntry(ROOT_ID, Buffer.from("hello.txt"))
      .then(() => {
        done = true;
      });
    expect(await readFile(memory.path("hello.txt"), "utf8")).toBe("hello\n");
    expect(done).toBe(false);
    memory.session.settle(wait?.ticket ?? 0, { errno: constants.errno.ENOENT });
    expect(await failure).toContain("No such file");
    await invalidated;
    expect(done).toBe(true);
  });
});

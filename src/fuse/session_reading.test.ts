import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { cp, mkdtemp, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pattern } from "./testdata/memory_file_system.ts";
import { BIG, MANY } from "./testdata/memory_tree.ts";
import { MountedMemory, run } from "./testdata/mounted_memory.ts";

let memory: MountedMemory;

beforeAll(async () => {
  memory = await MountedMemory.open();
});

afterAll(() => memory[Symbol.asyncDispose]());

function digestOfBig(): string {
  const hash = createHash("sha256");
  for (let offset = 0; offset < BIG; offset += 1024 * 1024)
    hash.update(pattern(offset, 1024 * 1024));
  return hash.digest("hex");
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 }))
    hash.update(chunk);
  return hash.digest("hex");
}

describe("a mounted session", () => {
  it("shows what the file system says", async () => {
    expect(await readFile(memory.path("hello.txt"), "utf8")).toBe("hello\n");
    expect(await readFile(memory.path("empty"), "utf8")).toBe("");
    expect(await readFile(memory.path("näme with space"), "utf8")).toBe("utf-8\n");
    expect(await stat(memory.path("tool.sh"))).toMatchObject({
      mode: 0o100555,
      size: 19,
      nlink: 1,
    });
    expect(await stat(memory.path("sub"))).toMatchObject({
      mode: 0o040555,
      mtimeMs: 1_258_031_655_000,
    });
  });

  it("runs executables", async () => {
    expect((await run(memory.path("tool.sh"))).stdout).toBe("run\n");
  });

  it("equals a copy of it for diff", async () => {
    const copy = await mkdtemp(join(tmpdir(), "gomodfs-copy-"));
    try {
      await cp(memory.path("sub"), join(copy, "sub"), { recursive: true });
      expect((await run("diff", ["-r", memory.path("sub"), join(copy, "sub")])).stdout).toBe("");
    } finally {
      await run("chmod", ["-R", "u+w", copy]);
      await rm(copy, { recursive: true });
    }
  });

  it("lists all of a large directory, in any portions", async () => {
    const expected = Array.from({ length: MANY }, (_, index) => `file-${index}`).toSorted();
    expect((await readdir(memory.path("many"))).toSorted()).toEqual(expected);
    const { stdout } = await run("find", [memory.path("many"), "-type", "f"], {
      maxBuffer: 2 ** 24,
    });
    expect(stdout.trim().split("\n").length).toBe(MANY);
  });

  it("answers warm reads, stats and listings from the kernel's memory: no request reaches it", async () => {
    const walk = async (): Promise<void> => {
      await run("tar", ["-cf", "/dev/null", "-C", memory.directory, "sub", "hello.txt", "many"]);
      await run("sh", ["-c", `cat ${memory.path("hello.txt")} ${memory.path("sub/a.txt")}`]);
      await run("ls", ["-lR", memory.path("sub")]);
    };
    await walk();
    expect(await memory.requestsDuring(walk)).toBe(0);
  });

  it("reads a large file in order, and many at once at random, without mistakes", async () => {
    expect(await digestOf(memory.path("big"))).toBe(digestOfBig());
    await using file = await open(memory.path("big"));
    for (const offset of [0, 4_194_303, 12_345_678, BIG - 5000]) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(10_000), 0, 10_000, offset);
      expect(bytesRead).toBe(Math.min(10_000, BIG - offset));
      expect(buffer.subarray(0, bytesRead).equals(pattern(offset, bytesRead))).toBe(true);
    }
  });

  it("serves four readers at a time", async () => {
    const readers = Array.from({ length: 4 }, () => run("sha256sum", [memory.path("big")]));
    const digests = await Promise.all(readers);
    expect(new Set(digests.map(({ stdout }) => stdout.split(" ")[0]))).toEqual(
      new Set([digestOfBig()]),
    );
  });

  it("lets processes lock files, as cmd/go does with .ziphash", async () => {
    const { stdout } = await run("flock", ["-s", memory.path("hello.txt"), "echo", "locked"]);
    expect(stdout).toBe("locked\n");
  });

  it("survives what it does not know: extended attributes, lseek of holes, fsync, statfs", async () => {
    await using file = await open(memory.path("hello.txt"));
    await file.sync();
    const { stdout } = await run("stat", ["-f", "-c", "%l", memory.directory]);
    expect(stdout.trim()).toBe("255");
    const copy = await mkdtemp(join(tmpdir(), "gomodfs-copy-"));
    try {
      await run("cp", ["--sparse=always", "--preserve=all", memory.path("hello.txt"), copy]);
    } finally {
      await rm(copy, { recursive: true });
    }
  });

  it("reports what the file system throws and serves on", async () => {
    await expect(stat(memory.path("throw-a"))).rejects.toMatchObject({ code: "EIO" });
    await expect.poll(() => memory.errors).toEqual(["cannot look up throw-a"]);
    expect(await readFile(memory.path("hello.txt"), "utf8")).toBe("hello\n");
  });
});

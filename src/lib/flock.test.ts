import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { type FileHandle, mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { flock, LOCK_EX, LOCK_SH, LOCK_UN, tryFlock } from "./flock.ts";

let directory: string;
let path: string;
let handles: FileHandle[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "flock-"));
  path = join(directory, "file");
  await writeFile(path, "");
  handles = [];
});

afterEach(async () => {
  for (const handle of handles) await handle.close();
  await rm(directory, { recursive: true });
});

/** A new open file description of the file, read-only. */
async function opened(): Promise<number> {
  const handle = await open(path, "r");
  handles.push(handle);
  return handle.fd;
}

describe("tryFlock()", () => {
  test("lets readers share and excludes writers", async () => {
    const [first, second, writer] = [await opened(), await opened(), await opened()];
    expect(await tryFlock(first, LOCK_SH)).toBe(true);
    expect(await tryFlock(second, LOCK_SH)).toBe(true);
    expect(await tryFlock(writer, LOCK_EX)).toBe(false);
    await tryFlock(first, LOCK_UN);
    await tryFlock(second, LOCK_UN);
    expect(await tryFlock(writer, LOCK_EX)).toBe(true);
    expect(await tryFlock(first, LOCK_SH)).toBe(false);
  });

  test("names what goes wrong", async () => {
    await expect(tryFlock(-1, LOCK_EX)).rejects.toMatchObject({
      code: "STORE",
      message: "cannot lock a file: EBADF",
    });
  });
});

describe("flock()", () => {
  test("waits until the lock is free", async () => {
    const [holder, waiter] = [await opened(), await opened()];
    await flock(holder, LOCK_EX);
    let isLocked = false;
    const waiting = flock(waiter, LOCK_EX).then(() => {
      isLocked = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(isLocked).toBe(false);
    await tryFlock(holder, LOCK_UN);
    await waiting;
    expect(isLocked).toBe(true);
  });

  test("gives up when time has run out or the signal says so", async () => {
    const [holder, waiter] = [await opened(), await opened()];
    await flock(holder, LOCK_EX);
    await expect(flock(waiter, LOCK_SH, { timeoutMs: 20 })).rejects.toMatchObject({ code: "BUSY" });
    const signal = AbortSignal.timeout(20);
    await expect(flock(waiter, LOCK_SH, { signal })).rejects.toMatchObject({ code: "CANCELLED" });
  });

  test("many who wait do not starve the one who has the lock", async () => {
    const counter = { value: 0, inside: 0, most: 0 };
    const workers = Array.from({ length: 20 }, async () => {
      const fd = await opened();
      await flock(fd, LOCK_EX);
      counter.most = Math.max(counter.most, ++counter.inside);
      // File I/O needs the threads that blocked calls would hold.
      const handle = await open(path, "r");
      await handle.readFile();
      await handle.close();
      counter.value++;
      counter.inside--;
      await tryFlock(fd, LOCK_UN);
    });
    await Promise.all(workers);
    expect(counter).toEqual({ value: 20, inside: 0, most: 1 });
  });
});

describe("two processes", () => {
  const CHILD = `
    import { open } from "node:fs/promises";
    import { flock, LOCK_EX } from ${JSON.stringify(new URL("./flock.ts", import.meta.url).href)};
    const handle = await open(process.argv[1], "r");
    await flock(handle.fd, LOCK_EX);
    console.log("locked");
    await new Promise((resolve) => process.stdin.once("data", resolve).resume());
    process.exit();
  `;

  function startHolder(): ChildProcessWithoutNullStreams {
    return spawn(process.execPath, ["--input-type=module", "-e", CHILD, path]);
  }

  test("exclude each other, and the end of one frees its lock", async () => {
    const child = startHolder();
    try {
      await once(child.stdout, "data");
      const fd = await opened();
      expect(await tryFlock(fd, LOCK_SH)).toBe(false);
      const waiting = flock(fd, LOCK_EX);
      child.stdin.write("go");
      await waiting;
      expect(await tryFlock(await opened(), LOCK_SH)).toBe(false);
    } finally {
      child.kill();
    }
  });

  test("exclude each other the other way round", async () => {
    const fd = await opened();
    await flock(fd, LOCK_EX);
    const child = startHolder();
    try {
      const locked = once(child.stdout, "data");
      const early = await Promise.race([
        locked,
        new Promise((resolve) => setTimeout(resolve, 500, "waiting")),
      ]);
      expect(early).toBe("waiting");
      await tryFlock(fd, LOCK_UN);
      await locked;
    } finally {
      child.kill();
    }
  });
});

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../test/support/temporary_directory.ts";
import { LockFile } from "./lock_file.ts";
import { describeOwner, isOwnerGone } from "./lock_owner.ts";

describe("LockFile", () => {
  test("is held by one at a time", async () => {
    using directory = temporaryDirectory();
    const path = directory.join("test.lock");
    let holders = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const lock = await LockFile.acquire(path, { temporaryDirectory: directory.path });
        most = Math.max(most, ++holders);
        await sleep(1);
        holders--;
        await lock.release();
      }),
    );
    expect(most).toBe(1);
    expect(existsSync(path)).toBe(false);
  });

  test("says who holds it when time runs out", async () => {
    using directory = temporaryDirectory();
    const path = directory.join("test.lock");
    const options = { temporaryDirectory: directory.path, timeout: 50 };
    const lock = await LockFile.acquire(path, options);
    await expect(LockFile.acquire(path, options)).rejects.toMatchObject({
      code: "BUSY",
      message: `gomodfs process ${process.pid} holds the lock ${path}`,
    });
    await lock.release();
  });

  test("of a process that was killed is taken over at once, by one only", async () => {
    using directory = temporaryDirectory();
    const path = directory.join("test.lock");
    writeFileSync(path, await ownerThatWasKilled());
    let holders = 0;
    const options = { temporaryDirectory: directory.path, timeout: 20_000 };
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        const lock = await LockFile.acquire(path, options);
        expect(++holders).toBe(1);
        await sleep(2);
        holders--;
        await lock.release();
      }),
    );
  });

  test("of git is waited for, and taken over when it is old", async () => {
    using directory = temporaryDirectory();
    const path = directory.join("packed-refs.lock");
    const options = { temporaryDirectory: directory.path, timeout: 50 };
    writeFileSync(path, "");
    await expect(LockFile.acquire(path, options)).rejects.toMatchObject({ code: "BUSY" });
    utimesSync(path, new Date(0), new Date(0));
    const lock = await LockFile.acquire(path, options);
    expect(readFileSync(path, "utf8")).toBe(describeOwner());
    await lock.release();
  });
});

describe("isOwnerGone()", () => {
  test("knows this process, a dead one and one whose id is used again", async () => {
    expect(isOwnerGone(describeOwner())).toBe(false);
    expect(isOwnerGone(await ownerThatWasKilled())).toBe(true);
    expect(isOwnerGone(describeOwner().replace(/ \d+ (\d+) /, ` ${process.pid} 1$1 `))).toBe(true);
  });

  test("does not judge processes of other machines and what is no owner", () => {
    expect(isOwnerGone("gomodfs 1 1 elsewhere - -\n")).toBeUndefined();
    expect(isOwnerGone("")).toBeUndefined();
  });
});

/** What a process that ran and was killed wrote into its lock. */
async function ownerThatWasKilled(): Promise<string> {
  const module = JSON.stringify(new URL("./lock_owner.ts", import.meta.url));
  const script = `import { describeOwner } from ${module};
    process.stdout.write(describeOwner());
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const owner = String((await once(child.stdout, "data"))[0]);
  child.kill("SIGKILL");
  await exited;
  return owner;
}

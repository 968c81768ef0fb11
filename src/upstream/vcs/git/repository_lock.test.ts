import { rmSync, statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { rejection } from "../../../../test/support/rejection.ts";
import { temporaryDirectory } from "../../../../test/support/temporary_directory.ts";
import { RepositoryLock } from "./repository_lock.ts";

describe("RepositoryLock", () => {
  it("is had by many users or by one who changes", async () => {
    using directory = temporaryDirectory();
    const path = directory.join("lock");
    {
      await using _first = await RepositoryLock.acquire(path, "use", { timeout: 1_000 });
      await using _second = await RepositoryLock.acquire(path, "use", { timeout: 1_000 });
      await expect(RepositoryLock.acquire(path, "change", { timeout: 20 })).rejects.toEqual(
        rejection("BUSY", `cannot lock ${path}`),
      );
      expect(await RepositoryLock.tryChange(path)).toBe(undefined);
    }
    await using lock = await RepositoryLock.tryChange(path);
    expect(lock).toBeInstanceOf(RepositoryLock);
    await expect(RepositoryLock.acquire(path, "use", { timeout: 20 })).rejects.toEqual(
      rejection("BUSY"),
    );
  });

  it("is not on a file that was removed meanwhile", async () => {
    using directory = temporaryDirectory();
    const path = directory.join("lock");
    const held = await RepositoryLock.acquire(path, "change", { timeout: 1_000 });
    const next = RepositoryLock.acquire(path, "change", { timeout: 10_000 });
    rmSync(path);
    await held[Symbol.asyncDispose]();
    await using _ = await next;
    expect(statSync(path).isFile()).toBe(true);
    await expect(RepositoryLock.acquire(path, "change", { timeout: 20 })).rejects.toEqual(
      rejection("BUSY"),
    );
  });

  it("names the file that cannot be opened", async () => {
    using directory = temporaryDirectory();
    const path = directory.join("none/lock");
    await expect(RepositoryLock.acquire(path, "use", { timeout: 0 })).rejects.toEqual(
      rejection("STORE", `cannot open ${path}`),
    );
  });
});

import { mkdirSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { rejection } from "../../../../test/support/rejection.ts";
import { temporaryDirectory } from "../../../../test/support/temporary_directory.ts";
import { GomodfsError } from "../../../lib/gomodfs_error.ts";
import { directorySize, withinSizeLimit } from "./size_limit.ts";

function limitOf(measure: () => number): Parameters<typeof withinSizeLimit>[0] {
  return {
    measure: () => Promise.resolve(measure()),
    maxBytes: 10,
    error: () => new GomodfsError("TOO_LARGE", "too large"),
  };
}

describe("withinSizeLimit()", () => {
  it("gives the result of what stays small", async () => {
    const task = async (): Promise<string> => await sleep(250, "done");
    expect(
      await withinSizeLimit(
        limitOf(() => 10),
        undefined,
        task,
      ),
    ).toBe("done");
  });

  it("ends what grows", async () => {
    const task = async (signal: AbortSignal): Promise<void> =>
      await sleep(60_000, undefined, { signal });
    await expect(
      withinSizeLimit(
        limitOf(() => 11),
        undefined,
        task,
      ),
    ).rejects.toEqual(rejection("TOO_LARGE", "too large"));
  });

  it("looks once more at the end", async () => {
    const task = (): Promise<void> => Promise.resolve();
    await expect(
      withinSizeLimit(
        limitOf(() => 11),
        undefined,
        task,
      ),
    ).rejects.toEqual(rejection("TOO_LARGE"));
  });

  it("leaves other failures as they are", async () => {
    const task = (): Promise<void> => Promise.reject(new Error("other"));
    await expect(
      withinSizeLimit(
        limitOf(() => 0),
        undefined,
        task,
      ),
    ).rejects.toThrow("other");
    const aborted = AbortSignal.abort(new Error("gone"));
    const wait = async (signal: AbortSignal): Promise<void> =>
      await sleep(60_000, undefined, { signal });
    await expect(
      withinSizeLimit(
        limitOf(() => 0),
        aborted,
        wait,
      ),
    ).rejects.toThrow("aborted");
  });
});

describe("directorySize()", () => {
  it("adds up files at any depth", async () => {
    using directory = temporaryDirectory();
    mkdirSync(directory.join("a/b"), { recursive: true });
    writeFileSync(directory.join("a/one"), "1");
    writeFileSync(directory.join("a/b/two"), "22");
    expect(await directorySize(directory.path)).toBe(3);
    expect(await directorySize(directory.join("none"))).toBe(0);
  });
});

import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Scratch } from "./fixtures/start.ts";
import { MountDirectory } from "./mount_directory.ts";

test("MountDirectory gives one path at a time, and the same path again", async () => {
  using scratch = new Scratch();
  const first = await MountDirectory.take(scratch.path);
  const second = await MountDirectory.take(scratch.path);
  expect([first.path, second.path]).toEqual([
    join(scratch.path, "mount-0"),
    join(scratch.path, "mount-1"),
  ]);
  expect(statSync(first.path).mode & 0o777).toBe(0o700);
  await first[Symbol.asyncDispose]();
  const third = await MountDirectory.take(scratch.path);
  expect(third.path).toBe(first.path);
  await third[Symbol.asyncDispose]();
  await second[Symbol.asyncDispose]();
});

test("MountDirectory says that nothing can be made", async () => {
  using scratch = new Scratch();
  const file = join(scratch.path, "file");
  writeFileSync(file, "");
  await expect(MountDirectory.take(file)).rejects.toMatchObject({ code: "USAGE" });
});

import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../test/support/temporary_directory.ts";
import { ProcessDirectory } from "./process_directory.ts";

test("a process directory goes in order, and with it those of processes that have ended", async () => {
  using root = temporaryDirectory();
  const { pid } = spawnSync("true");
  const own = await ProcessDirectory.take(root.path);
  const [, start = "", machine = ""] = basename(own.path).split("-");
  const ended = `${pid}-1-${machine}`;
  const reused = `${process.pid}-${Number(start) + 1}-${machine}`;
  const foreign = `${pid}-1-0123456789abcdef`;
  const old = `${pid}-2-0123456789abcdef`;
  for (const name of [ended, reused, foreign, old, "something-else"]) {
    mkdirSync(root.join(name));
    writeFileSync(root.join(name, "file"), "content");
  }
  utimesSync(root.join(old), 1, 1);
  const again = await ProcessDirectory.take(root.path);
  expect(again.path).toBe(own.path);
  expect(readdirSync(root.path).sort()).toEqual(
    [basename(own.path), foreign, "something-else"].sort(),
  );
  await own[Symbol.asyncDispose]();
  expect(readdirSync(root.path).sort()).toEqual([foreign, "something-else"].sort());
});

import { statSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../test/support/temporary_directory.ts";
import { makeDirectorySync } from "./make_directory_sync.ts";

test("makes what is missing, with its mode, and is content with what is there", () => {
  using directory = temporaryDirectory();
  makeDirectorySync(directory.join("a/b/c"), 0o711);
  makeDirectorySync(directory.join("a/b/c"));
  expect(statSync(directory.join("a/b/c")).mode & 0o777).toBe(0o711);
});

test("fails where no directory can be", () => {
  using directory = temporaryDirectory();
  writeFileSync(directory.join("file"), "");
  expect(() => makeDirectorySync(directory.join("file"))).toThrow("EEXIST");
  expect(() => makeDirectorySync(directory.join("file/a/b"))).toThrow("ENOTDIR");
  expect(() => makeDirectorySync("/proc/a/b")).toThrow("ENOENT");
});

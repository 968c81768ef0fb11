import { readdirSync, readFileSync, statSync } from "node:fs";
import { expect, it } from "vitest";
import { temporaryDirectory } from "../../test/support/temporary_directory.ts";
import { replaceFile } from "./replace_file.ts";

it("replaceFile makes a file with its directories, and replaces it as a whole", async () => {
  using directory = temporaryDirectory();
  const path = directory.join("a/b/file");
  await replaceFile(path, "old");
  await Promise.all(Array.from({ length: 20 }, (_, i) => replaceFile(path, `new ${i}`)));
  expect(readFileSync(path, "utf8")).toMatch(/^new \d+$/);
  expect(readdirSync(directory.join("a/b"))).toEqual(["file"]);
});

it("replaceFile keeps others from reading what is nobody else's", async () => {
  using directory = temporaryDirectory();
  const path = directory.join("secret");
  await replaceFile(path, "content", { mode: 0o600, durable: true });
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it("replaceFile leaves nothing behind where it fails", async () => {
  using directory = temporaryDirectory();
  await replaceFile(directory.join("directory/file"), "content");
  await expect(replaceFile(directory.join("directory"), "content")).rejects.toThrow("rename");
  expect(readdirSync(directory.path)).toEqual(["directory"]);
});

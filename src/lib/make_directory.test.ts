import { statSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { temporaryDirectory } from "../../test/support/temporary_directory.ts";
import { makeDirectory } from "./make_directory.ts";

it("makeDirectory() makes what is missing, once or many times at once", async () => {
  using directory = temporaryDirectory();
  const path = directory.join("a", "b", "c");
  await Promise.all([makeDirectory(path), makeDirectory(path), makeDirectory(path)]);
  await makeDirectory(path);
  expect(statSync(path).isDirectory()).toBe(true);
});

it("makeDirectory() fails where no directory can be, instead of trying for ever", async () => {
  using directory = temporaryDirectory();
  await expect(makeDirectory("/proc/no/such")).rejects.toMatchObject({ code: "ENOENT" });
  writeFileSync(directory.join("file"), "");
  await expect(makeDirectory(directory.join("file"))).rejects.toMatchObject({ code: "EEXIST" });
  await expect(makeDirectory(directory.join("file", "x"))).rejects.toMatchObject({
    code: "ENOTDIR",
  });
});

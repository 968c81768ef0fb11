import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../test/support/temporary_directory.ts";
import { escapeVersion } from "../module/escape.ts";
import { listVersions } from "./version_list.ts";

const PSEUDO = [
  "v0.0.0-20200101000000-abcdefabcdef",
  "v0.0.0-20210101000000-abcdefabcdef",
] as const;

test.each([
  { versions: [], list: [], latest: undefined },
  { versions: ["v1.10.0", "v1.9.0"], list: ["v1.9.0", "v1.10.0"], latest: "v1.10.0" },
  { versions: ["v1.0.0", "v1.1.0-rc.1"], list: ["v1.0.0", "v1.1.0-rc.1"], latest: "v1.0.0" },
  {
    versions: ["v1.0.0-RC.1", "v1.0.0-RC.2"],
    list: ["v1.0.0-RC.1", "v1.0.0-RC.2"],
    latest: "v1.0.0-RC.2",
  },
  { versions: [PSEUDO[1], PSEUDO[0]], list: [], latest: PSEUDO[1] },
  { versions: [PSEUDO[1], "v0.0.1-alpha"], list: ["v0.0.1-alpha"], latest: "v0.0.1-alpha" },
])("of $versions are listed $list, and the latest is $latest", async (example) => {
  using directory = temporaryDirectory();
  for (const version of example.versions) writeVersion(directory.path, version);
  const { list, latest } = await listVersions(directory.path);
  expect(list).toBe(example.list.map((version) => `${version}\n`).join(""));
  expect(latest).toBe(example.latest && directory.join(`${escapeVersion(example.latest)}.info`));
});

test.each(["info", "mod", "zip"])("a version without its .%s is not listed", async (missing) => {
  using directory = temporaryDirectory();
  writeVersion(directory.path, "v1.0.0");
  writeVersion(directory.path, "v1.1.0", missing);
  expect((await listVersions(directory.path)).list).toBe("v1.0.0\n");
});

test("files that are no versions do not matter", async () => {
  using directory = temporaryDirectory();
  for (const name of ["master", "v1", "v1.0.0.1", "!a"]) {
    for (const extension of ["info", "mod", "zip"]) {
      writeFileSync(directory.join(`${name}.${extension}`), "");
    }
  }
  mkdirSync(directory.join("list"));
  expect(await listVersions(directory.path)).toEqual({ list: "", latest: undefined });
});

test("a module that has no directory has no versions", async () => {
  using directory = temporaryDirectory();
  expect((await listVersions(directory.join("missing"))).list).toBe("");
});

function writeVersion(directory: string, version: string, missing?: string): void {
  for (const extension of ["info", "mod", "zip"]) {
    const path = join(directory, `${escapeVersion(version)}.${extension}`);
    if (extension !== missing) writeFileSync(path, "");
  }
}

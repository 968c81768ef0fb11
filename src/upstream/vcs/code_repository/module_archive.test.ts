import { describe, expect, it } from "vitest";
import { storedZip } from "../../../../test/support/stored_zip.ts";
import { BytesReader } from "../../../module/zip/random_access.ts";
import { readModuleArchive } from "./module_archive.ts";

function archive(...names: readonly string[]): BytesReader {
  const content = Buffer.from("x");
  const none = Buffer.alloc(0);
  return new BytesReader(
    storedZip(names.map((name) => ({ name, content: name.endsWith("/") ? none : content }))),
  );
}

function paths(reader: BytesReader, directory: string): string[] {
  return readModuleArchive(reader, directory).map(({ path }) => path);
}

describe("readModuleArchive()", () => {
  const names = ["top/", "top/a.go", "top/sub/", "top/sub/b.go", "top/subway/c.go", "top/sub/d/e"];

  it.each([
    ["", ["a.go", "sub/b.go", "subway/c.go", "sub/d/e"]],
    ["sub", ["b.go", "d/e"]],
    ["sub/d", ["e"]],
    ["other", []],
  ])("has the files below %j", (directory, expected) => {
    expect(paths(archive(...names), directory)).toEqual(expected);
  });

  it("may be empty", () => {
    expect(paths(archive(), "")).toEqual([]);
  });

  it("gives the bytes of a file", () => {
    const [file] = readModuleArchive(archive("top/a"), "");
    expect(Buffer.concat([...(file?.pieces() ?? [])]).toString()).toBe("x");
    expect(file).toMatchObject({ type: "file", size: 1, method: 0, compressedSize: 1 });
  });

  it.each([
    [["a.go"], "missing top-level directory prefix"],
    [["top/a", "pot/b"], "zip file contains more than one top-level directory"],
  ])("refuses %j: %s", (wrong, message) => {
    expect(() => paths(archive(...wrong), "")).toThrow(message);
  });
});

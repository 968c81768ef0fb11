import { describe, expect, it } from "vitest";
import { parseModuleVersion } from "./path.ts";
import {
  checkZipEntries,
  checkZipSize,
  type DeclaredEntry,
  MAX_GO_MOD,
  MAX_LICENSE,
  MAX_ZIP_FILE,
} from "./zip_rules.ts";

const ID = parseModuleVersion("example.com/m", "v1.0.0");
const PREFIX = "example.com/m@v1.0.0/";

function entries(...names: readonly string[]): DeclaredEntry[] {
  return names.map((name) => ({ name: PREFIX + name, size: 1 }));
}

describe("checkZipEntries", () => {
  it("accepts files, directories and the prefix itself", () => {
    const names = ["", "go.mod", "a/", "a/b.go", "a/c/", "é/x y", "LICENSE"];
    expect(() => checkZipEntries(ID, entries(...names))).not.toThrow();
  });

  it.each([
    [["a", "a"], 'multiple entries for file "a"'],
    [["a/b", "A/c"], 'case-insensitive file name collision: "a" and "A"'],
    [["x/ς", "x/Σ"], 'case-insensitive file name collision: "x/ς" and "x/Σ"'],
    [["a", "a/b"], 'entry "a" is both a file and a directory'],
    [["a/b", "a"], 'entry "a" is both a file and a directory'],
    [["a/go.mod"], "go.mod file not in module root directory"],
    [["GO.mod"], "go.mod files must have lowercase names"],
    [["../a"], 'invalid path element ".."'],
    [["/a"], "empty path element"],
    [["a//"], "trailing slash"],
    [["con"], "disallowed as path element component on Windows"],
    [["a:b"], "invalid char ':'"],
    [["a/".repeat(2049)], "path is longer than 4096 characters"],
  ])("refuses %j: %s", (names, reason) => {
    expect(() => checkZipEntries(ID, entries(...names))).toThrow(reason);
  });

  it("names the module and the entry", () => {
    const wrong = [{ name: "example.com/m@v1.0.1/a", size: 1 }];
    expect(() => checkZipEntries(ID, wrong)).toThrow(
      `module zip of example.com/m@v1.0.0: "example.com/m@v1.0.1/a": path does not have prefix "${PREFIX}"`,
    );
  });

  it.each([
    ["go.mod", MAX_GO_MOD, "go.mod file too large"],
    ["LICENSE", MAX_LICENSE, "LICENSE file too large"],
    ["a", MAX_ZIP_FILE, "total uncompressed size of module contents too large"],
  ])("bounds the size of %s", (name, size, reason) => {
    expect(() => checkZipEntries(ID, [{ name: PREFIX + name, size }])).not.toThrow();
    expect(() => checkZipEntries(ID, [{ name: PREFIX + name, size: size + 1 }])).toThrow(reason);
  });

  it("bounds the files together", () => {
    const halves = entries("a", "b", "c").map((entry) => ({ ...entry, size: MAX_ZIP_FILE / 2 }));
    expect(() => checkZipEntries(ID, halves.slice(0, 2))).not.toThrow();
    expect(() => checkZipEntries(ID, halves)).toThrow("too large");
  });

  it("bounds the number of directories that long paths make", () => {
    const deep = Array.from({ length: 600 }, (_, i) => `${i}/${"a/".repeat(2000)}x`);
    expect(() => checkZipEntries(ID, entries(...deep))).toThrow("too many files");
  });
});

it("checkZipSize() bounds the zip", () => {
  expect(() => checkZipSize(ID, MAX_ZIP_FILE)).not.toThrow();
  expect(() => checkZipSize(ID, MAX_ZIP_FILE + 1)).toThrow("example.com/m@v1.0.0 is too large");
});

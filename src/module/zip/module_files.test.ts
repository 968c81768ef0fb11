import { describe, expect, it } from "vitest";
import { MAX_GO_MOD, MAX_LICENSE, MAX_ZIP_FILE } from "../zip_rules.ts";
import { type SelectedFiles, type SourceFile, selectModuleFiles } from "./module_files.ts";

function files(...paths: readonly string[]): SourceFile[] {
  return paths.map((path) => ({ path, type: "file", size: 1 }));
}

function select(sources: readonly SourceFile[], goVersion = ""): SelectedFiles<SourceFile> {
  return selectModuleFiles(sources, goVersion);
}

function validPaths({ valid }: SelectedFiles<SourceFile>): string[] {
  return valid.map(({ path }) => path);
}

describe("selectModuleFiles()", () => {
  it("keeps the order", () => {
    expect(validPaths(select(files("z", "a/b", "LICENSE", "go.mod")))).toEqual([
      "z",
      "a/b",
      "LICENSE",
      "go.mod",
    ]);
  });

  it.each([
    ["vendor/modules.txt", "1.23", false],
    ["vendor/modules.txt", "1.24", true],
    ["vendor/modules.txt", "1.24rc1", true],
    ["vendor/modules.txt", "", false],
    ["vendor/a/b.go", "1.23", true],
    ["vendor/a/b.go", "1.25.1", true],
    ["pkg/vendor/v.go", "1.23", true],
    ["pkg/vendor/v.go", "1.24", false],
    ["pkg/vendor/a/b.go", "1.24", true],
    ["a/vendor/x", "1.23", true],
    ["ab/vendor/x", "1.23", true],
    ["abcdefg/vendor/x", "1.23", true],
    ["abcdefgh/vendor/x", "1.23", true],
    ["vendored/x/y", "1.24", false],
    ["vendor", "1.24", false],
  ])("vendored: %s with go %s: %s", (path, goVersion, isVendored) => {
    const { omitted, valid } = select(files(path), goVersion);
    expect(omitted).toEqual(isVendored ? [{ path, reason: "file is in vendor directory" }] : []);
    expect(valid).toHaveLength(isVendored ? 0 : 1);
  });

  it("leaves out other modules, whatever the case of their go.mod, and nothing for one that is no file", () => {
    const link = { path: "linked/go.mod", type: "symlink", size: 1 } as const;
    const sources = [...files("a/go.mod", "a/b/c", "d/GO.Mod", "d/e", "ab/c", "linked/x"), link];
    const selected = select(sources);
    expect(validPaths(selected)).toEqual(["ab/c", "linked/x"]);
    expect(selected.omitted).toEqual([
      { path: "a/go.mod", reason: "file is in another module" },
      { path: "a/b/c", reason: "file is in another module" },
      { path: "d/GO.Mod", reason: "file is in another module" },
      { path: "d/e", reason: "file is in another module" },
      { path: "linked/go.mod", reason: "file is a symbolic link" },
    ]);
  });

  it("refuses no forbidden name in what is left out", () => {
    const selected = select(files("vendor/x/a:b", "m/go.mod", "m/con", "m/A", "m/a"));
    expect(selected.invalid).toEqual([]);
  });

  it.each([
    ["a//b", "file path is not clean"],
    ["a/./b", "file path is not clean"],
    ["a/../b", "file path is not clean"],
    ["a/", "file path is not clean"],
    ["", "file path is not clean"],
    ["/a", "file path is not relative"],
    ["../a", 'malformed file path "../a": invalid path element ".."'],
    ["a:b", `malformed file path "a:b": invalid char ':'`],
    ["Go.mod", "go.mod files must have lowercase names"],
    [`${"x/".repeat(2048)}y`, "path is longer than 4096 characters"],
  ])("refuses %j: %s", (path, reason) => {
    expect(select(files(path)).invalid).toEqual([{ path, reason }]);
  });

  it("refuses names that collide, those of symbolic links too", () => {
    const link = { path: "LINK", type: "symlink", size: 1 } as const;
    expect(select([...files("a/b", "A/c", "link"), link]).invalid).toEqual([
      { path: "A/c", reason: 'case-insensitive file name collision: "a" and "A"' },
      { path: "LINK", reason: 'case-insensitive file name collision: "link" and "LINK"' },
    ]);
  });

  // From golang.org/x/mod/zip, BSD-3-Clause (zip_test.go, sizeLimitTests).
  it.each<[string, readonly [string, number][], readonly string[]]>([
    ["one large", [["large.go", MAX_ZIP_FILE]], []],
    ["one too large", [["large.go", MAX_ZIP_FILE + 1]], ["module source tree too large"]],
    [
      "total large",
      [
        ["a", 1],
        ["b", MAX_ZIP_FILE - 1],
      ],
      [],
    ],
    [
      "total too large",
      [
        ["a", 1],
        ["b", MAX_ZIP_FILE],
      ],
      ["module source tree too large"],
    ],
    ["large go.mod", [["go.mod", MAX_GO_MOD]], []],
    ["too large go.mod", [["go.mod", MAX_GO_MOD + 1]], ["go.mod file too large"]],
    ["large LICENSE", [["LICENSE", MAX_LICENSE]], []],
    ["too large LICENSE", [["LICENSE", MAX_LICENSE + 1]], ["LICENSE file too large"]],
    ["another large LICENSE", [["a/LICENSE", MAX_LICENSE + 1]], []],
  ])("bounds sizes: %s", (_, sizes, expected) => {
    const selected = select(sizes.map(([path, size]) => ({ path, type: "file", size })));
    const reasons = [selected.sizeProblem ?? [], selected.invalid.map(({ reason }) => reason)];
    expect(reasons.flat().map((reason) => reason.replace(/ \(max.*/, ""))).toEqual(expected);
  });
});

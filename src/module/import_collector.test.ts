import { expect, it } from "vitest";
import { BuildContext } from "./build_context.ts";
import { ImportCollector } from "./import_collector.ts";

it("gathers the imports of each package that is built", () => {
  const context = new BuildContext({
    goos: "linux",
    goarch: "amd64",
    cgoEnabled: false,
    tags: [],
    goMinor: 26,
  });
  const collector = new ImportCollector(context);
  const files = {
    "a.go": 'package p; import ("fmt"; "x")',
    "b.go": 'package p; import ("fmt"; "y")',
    "b_test.go": 'package p; import "test"',
    "b_windows.go": 'package p; import "windows"',
    "sub/dir/c.go": "package c",
    "sub/c.go": 'package c; import "C"',
    "sub/_.go": "package c",
    "tools/t.go": "//go:build tools\n\npackage tools",
    "broken/b.go": "package",
    "README.md": "package p",
  };
  const wanted: string[] = [];
  for (const [path, text] of Object.entries(files)) {
    if (!collector.wants(path)) continue;
    wanted.push(path);
    collector.add(path, Buffer.from(text));
  }
  expect(wanted).toEqual(["a.go", "b.go", "sub/dir/c.go", "sub/c.go", "tools/t.go", "broken/b.go"]);
  expect([...collector.packages()]).toEqual([
    ["", ["fmt", "x", "y"]],
    ["sub/dir", []],
  ]);
});

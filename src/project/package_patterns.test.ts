import { expect, it } from "vitest";
import { type PackageRoot, parsePackagePatterns } from "./package_patterns.ts";

it.each<[string, PackageRoot]>([
  [".", { kind: "directory", directory: "/work/m", recursive: false }],
  ["./cmd/tool", { kind: "directory", directory: "/work/m/cmd/tool", recursive: false }],
  ["./cmd/tool/", { kind: "directory", directory: "/work/m/cmd/tool", recursive: false }],
  ["./...", { kind: "directory", directory: "/work/m", recursive: true }],
  ["./cmd/...", { kind: "directory", directory: "/work/m/cmd", recursive: true }],
  ["./cmd/to...l/x", { kind: "directory", directory: "/work/m/cmd", recursive: true }],
  ["..", { kind: "directory", directory: "/work", recursive: false }],
  ["../n/...", { kind: "directory", directory: "/work/n", recursive: true }],
  ["/other/x", { kind: "directory", directory: "/other/x", recursive: false }],
  ["main.go", { kind: "directory", directory: "/work/m", recursive: false }],
  ["cmd/main.go", { kind: "directory", directory: "/work/m/cmd", recursive: false }],
  ["example.com/m", { kind: "importPath", importPath: "example.com/m", recursive: false }],
  ["example.com/m/...", { kind: "importPath", importPath: "example.com/m", recursive: true }],
  ["all", { kind: "all" }],
  ["...", { kind: "all" }],
])("%s", (pattern, root) => {
  expect(parsePackagePatterns({ directory: "/work/m", patterns: [pattern] })).toEqual([root]);
});

it("takes no pattern for all packages", () => {
  expect(parsePackagePatterns({ directory: "/work/m", patterns: [] })).toEqual([{ kind: "all" }]);
});

import { expect, it } from "vitest";
import { type PackageRoot, parsePackagePatterns } from "./package_patterns.ts";

it.each<[string, PackageRoot]>([
  [".", { kind: "directory", directory: "/src/m", recursive: false }],
  ["./cmd/tool", { kind: "directory", directory: "/src/m/cmd/tool", recursive: false }],
  ["./cmd/tool/", { kind: "directory", directory: "/src/m/cmd/tool", recursive: false }],
  ["./...", { kind: "directory", directory: "/src/m", recursive: true }],
  ["./cmd/...", { kind: "directory", directory: "/src/m/cmd", recursive: true }],
  ["./cmd/to...l/x", { kind: "directory", directory: "/src/m/cmd", recursive: true }],
  ["..", { kind: "directory", directory: "/src", recursive: false }],
  ["../n/...", { kind: "directory", directory: "/src/n", recursive: true }],
  ["/other/x", { kind: "directory", directory: "/other/x", recursive: false }],
  ["main.go", { kind: "directory", directory: "/src/m", recursive: false }],
  ["cmd/main.go", { kind: "directory", directory: "/src/m/cmd", recursive: false }],
  ["example.com/m", { kind: "importPath", importPath: "example.com/m", recursive: false }],
  ["example.com/m/...", { kind: "importPath", importPath: "example.com/m", recursive: true }],
  ["all", { kind: "all" }],
  ["...", { kind: "all" }],
])("%s", (pattern, root) => {
  expect(parsePackagePatterns({ directory: "/src/m", patterns: [pattern] })).toEqual([root]);
});

it("takes no pattern for all packages", () => {
  expect(parsePackagePatterns({ directory: "/src/m", patterns: [] })).toEqual([{ kind: "all" }]);
});

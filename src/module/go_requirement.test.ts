import { describe, expect, it } from "vitest";
import { compareNodeVersions, requirementsOfGo, sortNodes } from "./go_requirement.ts";

describe("compareNodeVersions()", () => {
  it.each([
    ["example.com/m", "v1.10.0", "v1.9.0"],
    ["example.com/m", "", "v9.0.0"],
    ["go", "1.21", "1.9"],
    ["go", "1.21.0", "1.21rc1"],
    ["toolchain", "go1.21.3", "go1.9"],
    ["toolchain", "go1.22.1-custom", "go1.22.0"],
  ])("of %s has %j above %s", (path, high, low) => {
    expect(compareNodeVersions(path, high, low)).toBeGreaterThan(0);
    expect(compareNodeVersions(path, low, high)).toBeLessThan(0);
    expect(compareNodeVersions(path, high, high)).toBe(0);
  });
});

it("sortNodes() sorts by path, then by version", () => {
  const nodes = [
    { path: "go", version: "1.9" },
    { path: "b.example", version: "v1.10.0" },
    { path: "b.example", version: "v1.9.0" },
    { path: "B.example", version: "v1.0.0" },
  ];
  expect(sortNodes(nodes).map(({ path, version }) => `${path}@${version}`)).toEqual([
    "B.example@v1.0.0",
    "b.example@v1.9.0",
    "b.example@v1.10.0",
    "go@1.9",
  ]);
});

it("a go line requires a toolchain since Go 1.21", () => {
  const toolchain = { path: "toolchain", version: "go1.21.3" };
  expect(requirementsOfGo({ path: "go", version: "1.21.3" })).toEqual([toolchain]);
  expect(requirementsOfGo({ path: "go", version: "1.20" })).toEqual([]);
  expect(requirementsOfGo(toolchain)).toEqual([]);
});

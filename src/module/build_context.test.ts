import { describe, expect, it } from "vitest";
import { BuildContext, type BuildHeader, buildSettings, isTestFile } from "./build_context.ts";

const LINUX = new BuildContext({
  goos: "linux",
  goarch: "amd64",
  cgoEnabled: true,
  tags: ["netgo"],
  goMinor: 21,
});

function contextOf(goos: string, goarch = "arm64"): BuildContext {
  return new BuildContext({ goos, goarch, cgoEnabled: false, tags: [], goMinor: 20 });
}

const HEADER: BuildHeader = { packageName: "p", imports: ["fmt"], constraint: undefined };

describe("BuildContext", () => {
  // The names are from go/build's TestMatchFile and TestGoodOSArchFile, BSD-3-Clause, and more.
  it.each([
    ["file.go", true],
    ["file_linux.go", true],
    ["file_amd64.go", true],
    ["file_linux_amd64.go", true],
    ["file_linux_amd64_test.go", true],
    ["file_linux_arm64.go", false],
    ["file_windows_amd64.go", false],
    ["file_windows.go", false],
    ["file_windows_test.go", false],
    ["file_arm.go", false],
    ["linux.go", true],
    ["windows.go", true],
    ["windows_amd64.go", true],
    ["amd64_windows.go", false],
    ["file_windows_x.go", true],
    ["file_unix.go", true],
    ["file_plan9.s.go", false],
    ["file.x_windows.go", true],
    ["file_foo_linux.go", true],
    ["file_amd64_linux.go", true],
    ["file_gc.go", true],
    ["_file.go", false],
    [".file.go", false],
    ["file.s", false],
    ["go", false],
  ])("tells by the name whether %s is built", (name, matches) => {
    expect(LINUX.matchesFileName(name)).toBe(matches);
  });

  it.each([
    ["android", ["android", "linux", "unix"]],
    ["illumos", ["illumos", "solaris", "unix"]],
    ["ios", ["ios", "darwin", "unix"]],
    ["windows", ["windows"]],
    ["js", ["js"]],
    ["darwin", ["darwin", "unix"]],
  ])("sets the tags that come with %s", (goos, tags) => {
    const all = [
      "android",
      "linux",
      "illumos",
      "solaris",
      "ios",
      "darwin",
      "windows",
      "js",
      "unix",
    ];
    const context = contextOf(goos);
    expect(all.filter((tag) => context.hasTag(tag)).sort()).toEqual([...tags].sort());
    expect(context.matchesFileName("file_linux.go")).toBe(tags.includes("linux"));
  });

  it("sets the tags of the architecture, the compiler, Go's releases, and those given", () => {
    const set = ["amd64", "gc", "cgo", "netgo", "go1.1", "go1.21"];
    const others = ["arm64", "gccgo", "go1.0", "go1.22", "ignore", "boringcrypto", ""];
    expect([...set, ...others].filter((tag) => LINUX.hasTag(tag))).toEqual(set);
    expect(contextOf("linux").hasTag("cgo")).toBe(false);
  });

  it("builds files of cgo only with cgo", () => {
    const header = { ...HEADER, imports: ["fmt", "C"] };
    expect(LINUX.matchesFile("file.go", header)).toBe(true);
    expect(contextOf("linux").matchesFile("file.go", header)).toBe(false);
    expect(contextOf("linux").matchesFile("file.go", HEADER)).toBe(true);
  });

  it("obeys constraints", () => {
    const constraint = { kind: "tag", tag: "windows" } as const;
    expect(LINUX.matchesHeader({ ...HEADER, constraint })).toBe(false);
    expect(contextOf("windows").matchesHeader({ ...HEADER, constraint })).toBe(true);
  });

  it("leaves out tests and packages of documentation", () => {
    expect(LINUX.matchesFile("file_test.go", HEADER)).toBe(false);
    expect(isTestFile("file_test.go")).toBe(true);
    expect(isTestFile("file_tests.go")).toBe(false);
    expect(LINUX.matchesHeader({ ...HEADER, packageName: "documentation" })).toBe(false);
  });
});

describe("buildSettings()", () => {
  it("takes this machine for what the environment does not say", () => {
    const native = buildSettings({}, [], 26);
    const { goos, goarch } = native;
    expect(native.cgoEnabled).toBe(true);
    expect(buildSettings({ GOOS: "", GOARCH: goarch }, [], 26)).toEqual(native);
    const other = goos === "plan9" ? "linux" : "plan9";
    expect(buildSettings({ GOOS: other }, ["x"], 26)).toEqual({
      goos: other,
      goarch,
      cgoEnabled: false,
      tags: ["x"],
      goMinor: 26,
    });
  });

  it("takes CGO_ENABLED as it is given", () => {
    expect(buildSettings({ CGO_ENABLED: "0" }, [], 26).cgoEnabled).toBe(false);
    expect(buildSettings({ GOOS: "plan9", CGO_ENABLED: "1" }, [], 26).cgoEnabled).toBe(true);
  });
});

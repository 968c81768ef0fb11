import { expect, it } from "vitest";
import {
  goPlatform,
  isToolchainExecutable,
  parseToolchainVersion,
  toolchainGoMods,
  toolchainVersion,
} from "./toolchain.ts";

it.each([
  ["v0.0.1-go1.21.0.linux-amd64", { name: "go1.21.0", goos: "linux", goarch: "amd64" }],
  ["v0.0.1-go1.21rc2.windows-386", { name: "go1.21rc2", goos: "windows", goarch: "386" }],
  [
    "v0.0.1-go1.22.1-custom.darwin-arm64",
    { name: "go1.22.1-custom", goos: "darwin", goarch: "arm64" },
  ],
])("%s names a toolchain", (version, toolchain) => {
  expect(parseToolchainVersion(version)).toStrictEqual(toolchain);
  expect(toolchainVersion(toolchain)).toBe(version);
});

it.each([
  "v0.0.1",
  "v0.0.2-go1.21.0.linux-amd64",
  "v0.0.1-1.21.0.linux-amd64",
  "v0.0.1-go1.21.0.linux",
  "v0.0.1-go1.x.linux-amd64",
])("%s names none", (version) => expect(parseToolchainVersion(version)).toBeUndefined());

it("goPlatform() translates names of Node.js", () => {
  expect(goPlatform("win32", "x64")).toStrictEqual({ goos: "windows", goarch: "amd64" });
  expect(goPlatform("linux", "arm64")).toStrictEqual({ goos: "linux", goarch: "arm64" });
  expect(goPlatform("linux", "ia32")).toStrictEqual({ goos: "linux", goarch: "386" });
});

it("isToolchainExecutable() follows cmd/go", () => {
  const names = "bin/go bin/gofmt pkg/tool/linux_amd64/compile lib/wasm/go_js_wasm_exec".split(" ");
  const others =
    "src/go.mod bin pkg/include/a.h lib/wasm/wasm_exec.js lib/go_exec VERSION src/bin/x".split(" ");
  expect(names.filter((name) => !isToolchainExecutable(name))).toStrictEqual([]);
  expect(others.filter(isToolchainExecutable)).toStrictEqual([]);
});

it("toolchainGoMods() copies each _go.mod unless src/go.mod is there", () => {
  const files = ["_go.mod", "src/_go.mod", "src/cmd/_go.mod", "src/not_go.mod"];
  const listed = files.map((name) => ({ name, size: 10 }));
  expect(Object.fromEntries(toolchainGoMods(listed))).toStrictEqual({
    "go.mod": "_go.mod",
    "src/go.mod": "src/_go.mod",
    "src/cmd/go.mod": "src/cmd/_go.mod",
  });
  expect(toolchainGoMods([...listed, { name: "src/go.mod", size: 10 }]).size).toBe(0);
  expect(toolchainGoMods(listed.filter(({ name }) => name !== "src/_go.mod")).size).toBe(0);
});

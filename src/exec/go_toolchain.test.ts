import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { lookUpDirective } from "../project/go_directive_lookup.ts";
import { Scratch } from "./fixtures/start.ts";
import { chooseToolchain, type ToolchainRequest, toolchainEnvironment } from "./go_toolchain.ts";

const LISTED = [
  ["1.20", "1.20.14", "1.21.0", "1.23.4", "1.24rc1", "1.24.0", "1.24.9", "1.24.10", "1.25rc1"],
  ["1.26.0-custom"],
]
  .flat()
  .map((version) => `v0.0.1-go${version}.linux-amd64`)
  .concat("v0.0.1-go1.24.11.linux-arm64", "v0.0.1-go1.24.12.windows-amd64", "v1.0.0", "nonsense");

/** What is chosen in a module whose go.mod has this text, as the Go version; the proxy lists {@linkcode LISTED}. */
async function choose(
  goMod: string | undefined,
  GOTOOLCHAIN = "",
  changes: Partial<ToolchainRequest> = {},
): Promise<string | undefined> {
  using scratch = new Scratch();
  if (goMod !== undefined) writeFileSync(join(scratch.path, "go.mod"), goMod);
  const flags = { mod: undefined, modfile: undefined };
  const chosen = await chooseToolchain({
    argv: ["go", "build"],
    directory: scratch.path,
    environment: { PATH: "/nonesuch" },
    settings: { GOWORK: "", GOROOT: undefined, GOTOOLCHAIN, flags },
    platform: { goos: "linux", goarch: "amd64" },
    versions: () => Promise.resolve(LISTED),
    ...changes,
  });
  expect(chosen?.path ?? "golang.org/toolchain").toBe("golang.org/toolchain");
  return chosen && /^v0\.0\.1-go(.*)\.linux-amd64$/.exec(chosen.version)?.[1];
}

describe("chooseToolchain()", () => {
  test.each([
    ["the go line with a patch", "go 1.23.4\n", "", "1.23.4"],
    ["a version that is not listed: the fetch will tell", "go 1.23.99\n", "", "1.23.99"],
    ["the newest patch of a go line without one", "module m\n\ngo 1.24 // why\n", "", "1.24.10"],
    ["a preview only where there is no release", "go 1.25\n", "", "1.25rc1"],
    ["a preview that is asked for", "go 1.24rc1\n", "", "1.24rc1"],
    ["the toolchain line above the go line", "go 1.23\ntoolchain go1.24.0\n", "", "1.24.0"],
    ["the go line above the toolchain line", "go 1.24.9\ntoolchain go1.24.0\n", "", "1.24.9"],
    ["the go line beside `toolchain default`", "go 1.23.4\ntoolchain default\n", "", "1.23.4"],
    ["an old go line", "go 1.20\n", "", "1.20.14"],
    ["the newest release for a go line too old for the list", "go 1.12\n", "", "1.24.10"],
    ["the newest release without a go line", "module m\n", "", "1.24.10"],
    ["the newest release without a go.mod", undefined, "", "1.24.10"],
    ["auto", "go 1.23.4\n", "auto", "1.23.4"],
    ["local, which there is none of", "go 1.23.4\n", "local", "1.23.4"],
    ["GOTOOLCHAIN without go.mod's say", "go 1.24.9\n", "go1.21.0", "1.21.0"],
    ["GOTOOLCHAIN as a minimum that go.mod raises", "go 1.24.9\n", "go1.21.0+auto", "1.24.9"],
    ["GOTOOLCHAIN as a minimum that is enough", "go 1.21.0\n", "go1.24.0+path", "1.24.0"],
    [
      "GOTOOLCHAIN with `toolchain default`",
      "toolchain default\ngo 1.24.9\n",
      "go1.21.0+auto",
      "1.21.0",
    ],
  ])("takes %s", async (_, goMod, setting, version) => {
    expect(await choose(goMod, setting)).toBe(version);
  });

  test("takes go.work's lines before go.mod's", async () => {
    using scratch = new Scratch();
    writeFileSync(join(scratch.path, "go.work"), "go 1.23.4\nuse ./m\n");
    const directory = join(scratch.path, "m");
    mkdirSync(directory);
    writeFileSync(join(directory, "go.mod"), "go 1.21.0\n");
    expect(await choose(undefined, "", { directory })).toBe("1.23.4");
  });

  test("is not asked for other commands, nor where there is a go", async () => {
    using scratch = new Scratch();
    expect(await choose("go 1.24\n", "", { argv: ["make"] })).toBeUndefined();
    expect(await choose("go 1.24\n", "", { argv: ["./go"] })).toBeUndefined();
    expect(await choose("go 1.24\n", "", { argv: ["gofmt"] })).toBe("1.24.10");
    writeFileSync(join(scratch.path, "go"), "", { mode: 0o755 });
    const environment = { PATH: scratch.path };
    expect(await choose("go 1.24\n", "", { environment, versions: undefined })).toBeUndefined();
  });

  test("says what to set where there is neither go nor a proxy", async () => {
    const hint: unknown = expect.stringContaining("set GOPROXY");
    const choice = choose("go 1.23.4\n", "", { versions: undefined });
    await expect(choice).rejects.toMatchObject({ code: "USAGE", hint });
  });

  test("says that no listed toolchain fits", async () => {
    const message = "the module proxy lists no Go toolchain 1.99 for linux/amd64";
    await expect(choose("go 1.99\n")).rejects.toMatchObject({ code: "NOT_FOUND", message });
    const platform = { goos: "plan9", goarch: "amd64" };
    await expect(choose(undefined, "", { platform })).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: "the module proxy lists no Go toolchain for plan9/amd64",
    });
  });

  test("refuses settings that name no toolchain", async () => {
    for (const setting of ["bash", "go1.x", "go1.24+x", "go1.24/../x", "+auto"]) {
      await expect(choose("go 1.24\n", setting)).rejects.toMatchObject({ code: "USAGE" });
    }
    const wrong = choose("go 1.24\ntoolchain ../evil\n");
    await expect(wrong).rejects.toMatchObject({ code: "INVALID" });
  });
});

test("toolchainEnvironment() puts the toolchain first and GOROOT away", async () => {
  const module = await chooseToolchain({
    argv: ["go"],
    directory: "/",
    environment: { PATH: "/nonesuch" },
    settings: {
      GOWORK: "off",
      GOROOT: undefined,
      GOTOOLCHAIN: "go1.24.0",
      flags: { mod: undefined, modfile: undefined },
    },
    platform: { goos: "linux", goarch: "amd64" },
    versions: () => Promise.resolve([]),
  });
  if (module === undefined) throw new Error("no toolchain was chosen");
  const bin = "/cache/golang.org/toolchain@v0.0.1-go1.24.0.linux-amd64/bin";
  const environment = { PATH: "/usr/bin", GOROOT: "/old", GOTOOLCHAIN: "auto" };
  expect(toolchainEnvironment(environment, "/cache", module)).toEqual({
    PATH: `${bin}:/usr/bin`,
    GOROOT: undefined,
    GOTOOLCHAIN: "auto",
  });
  expect(toolchainEnvironment({}, "/cache", module)["PATH"]).toBe(bin);
});

test("lookUpDirective() reads files that a parser of today may refuse", () => {
  const text = "future syntax ((\ngopher 1\n\tgo\t1.99 // x\ngo 1.1\ntoolchain go2\r\n";
  expect(lookUpDirective(text, "go")).toBe("1.99");
  expect(lookUpDirective(text, "toolchain")).toBe("go2");
  expect(lookUpDirective("go\n", "go")).toBe("");
});

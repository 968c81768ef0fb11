import { mkdirSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { rejection } from "../../test/support/rejection.ts";
import { temporaryDirectory } from "../../test/support/temporary_directory.ts";
import { localGoVersion } from "./local_toolchain.ts";
import { isToolchainDownloaded, toolchainModule, wantedToolchain } from "./wanted_toolchain.ts";

const PLATFORM = { goos: "linux", goarch: "amd64" };

/** Whether a toolchain is downloaded beside a local Go 1.24.5, in a module with this go line. */
function isDownloaded(setting: string, go: string, local: string | undefined = "1.24.5"): boolean {
  const wanted = wantedToolchain({ setting, lines: { file: "go.mod", go, toolchain: "" } });
  return isToolchainDownloaded(setting, wanted, local);
}

describe("isToolchainDownloaded()", () => {
  it.each([
    ["auto", "1.24.5", false],
    ["auto", "1.24.6", true],
    ["", "1.25", true],
    ["auto", "1.24", false],
    ["local", "1.25.0", false],
    ["path", "1.25.0", false],
    ["go1.22.0+path", "1.25.0", false],
    ["go1.22.0", "1.25.0", true],
    ["go1.24.5", "1.25.0", false],
    ["go1.24.5+auto", "1.25.0", true],
    ["local+auto", "1.24.0", false],
  ])("with GOTOOLCHAIN=%s and go %s: %s", (setting, go, expected) => {
    expect(isDownloaded(setting, go)).toBe(expected);
  });

  it("is so without a local toolchain", () => {
    const wanted = wantedToolchain({ setting: "local", lines: undefined });
    expect(isToolchainDownloaded("local", wanted, undefined)).toBe(true);
  });
});

describe("toolchainModule()", () => {
  it("takes what is named without asking, and the newest of a language from the list", async () => {
    const refuse = (): Promise<never> => Promise.reject(new Error("nobody need be asked"));
    const exact = await toolchainModule({ kind: "exact", name: "go1.24.5" }, refuse, PLATFORM);
    expect(exact.version).toBe("v0.0.1-go1.24.5.linux-amd64");
    const listed = ["v0.0.1-go1.24.9.linux-amd64", "v0.0.1-go1.24.10.linux-amd64"];
    const wanted = { kind: "newest", language: "1.24" } as const;
    const newest = await toolchainModule(wanted, () => Promise.resolve(listed), PLATFORM);
    expect(newest.version).toBe("v0.0.1-go1.24.10.linux-amd64");
    await expect(toolchainModule(wanted, () => Promise.resolve([]), PLATFORM)).rejects.toEqual(
      rejection("NOT_FOUND", "1.24 for linux/amd64"),
    );
  });
});

describe("localGoVersion()", () => {
  it("reads the VERSION file", () => {
    using directory = temporaryDirectory();
    mkdirSync(directory.join("go"));
    writeFileSync(directory.join("go/VERSION"), "go1.26.8\ntime 2026-01-01T00:00:00Z\n");
    expect(localGoVersion(directory.join("go"))).toBe("1.26.8");
    writeFileSync(directory.join("go/VERSION"), "devel +abc\n");
    expect(localGoVersion(directory.join("go"))).toBeUndefined();
    expect(localGoVersion(directory.path)).toBeUndefined();
    expect(localGoVersion(undefined)).toBeUndefined();
  });
});

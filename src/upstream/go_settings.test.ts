import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../test/support/temporary_directory.ts";
import { isGomodfsError } from "../lib/gomodfs_error.ts";
import { findGoInstallation } from "./go_installation.ts";
import { type GoSettings, readGoSettings, requireGoproxy } from "./go_settings.ts";
import { turnTelemetryOff } from "./testdata/go_home.ts";

const names = [
  "GOPROXY",
  "GOSUMDB",
  "GOPRIVATE",
  "GONOPROXY",
  "GONOSUMDB",
  "GOINSECURE",
  "GOVCS",
  "GOAUTH",
  "GOFLAGS",
  "GOMODCACHE",
  "GOPATH",
  "GOROOT",
  "GOTOOLCHAIN",
  "GOENV",
] as const satisfies readonly (keyof GoSettings)[];

let directory: TemporaryDirectory;

beforeEach(() => {
  directory = temporaryDirectory();
  for (const config of ["home/.config", "config"]) turnTelemetryOff(directory.join(config));
});

afterEach(() => {
  directory[Symbol.dispose]();
});

function write(name: string, text: string): string {
  const file = directory.join(name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

/** The environment given, with a home of its own and the PATH on which the real go is. */
function environment(settings: Record<string, string>): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "", HOME: directory.join("home"), ...settings };
}

function goEnv(env: Record<string, string>): Record<string, string> {
  // The version in use must be the one on the PATH, whatever the settings under test say.
  const output = execFileSync("go", ["env", "-json", ...names], { env, cwd: directory.path });
  const parsed: unknown = JSON.parse(output.toString());
  if (typeof parsed !== "object" || parsed === null) throw new Error("go env printed no object");
  return Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, String(value)]));
}

describe("readGoSettings() agrees with go env", () => {
  const cases: readonly { name: string; env?: Record<string, string>; file?: string }[] = [
    { name: "with nothing set" },
    {
      name: "with everything in the environment",
      env: {
        GOPROXY: "https://proxy.example.com|direct",
        GOSUMDB: "off",
        GOPRIVATE: "*.corp.example.com,rsc.io/private",
        GONOPROXY: "none",
        GONOSUMDB: "a,b",
        GOINSECURE: "insecure.example.com",
        GOAUTH: "off",
        GOFLAGS: "-mod=mod '-tags=a b'",
        GOMODCACHE: "/somewhere/mod",
        GOPATH: "/one:/two",
        GOTOOLCHAIN: "local",
      },
    },
    { name: "with GOPRIVATE alone", env: { GOPRIVATE: "example.com/*" } },
    { name: "with GOPRIVATE in the file", file: "GOPRIVATE=example.com\nGONOSUMDB=other.com\n" },
    {
      name: "with the environment over the file",
      env: { GOPROXY: "https://environment.example.com", GOFLAGS: "" },
      file: "GOPROXY=https://file.example.com\nGOFLAGS=-mod=mod\nGOTOOLCHAIN=local\n",
    },
    { name: "with an empty value in the file", file: "GOPROXY=\nGOSUMDB=\nGOAUTH=\n" },
    {
      name: "with a file of odd lines",
      file: "# GOPROXY=no\n=x\nGOPROXY\n GOSUMDB=indented\ngosumdb=lower\nGOSUMDB=a\nGOSUMDB=b=c \nGOINSECURE=last",
    },
    { name: "with carriage returns in the file", file: "GOPRIVATE=a\r\nGOINSECURE=b\r\n" },
    { name: "with GOPATH in the file", file: "GOPATH=/first:/second\n" },
    { name: "with GOMODCACHE in the file", file: "GOMODCACHE=/mod/cache/\n" },
    { name: "with an unclean GOPATH", env: { GOPATH: "/a/../b//c/" } },
    { name: "with GOENV=off", env: { GOENV: "off" }, file: "GOPROXY=https://unread.example.com\n" },
    { name: "with a relative XDG_CONFIG_HOME", env: { XDG_CONFIG_HOME: "relative" } },
  ];

  it.each(cases)("$name", ({ env = {}, file }) => {
    if (file !== undefined) write("home/.config/go/env", file);
    const full = environment(env);
    const expected = goEnv(full);
    const settings = readGoSettings(full);
    for (const name of names)
      expect(`${name}=${settings[name] ?? ""}`).toBe(`${name}=${expected[name]}`);
  });

  it("with GOENV naming a file and XDG_CONFIG_HOME another", () => {
    const named = write("named.env", "GOPROXY=https://named.example.com\n");
    write("config/go/env", "GOPROXY=https://config.example.com\n");
    for (const env of [
      environment({ GOENV: named, XDG_CONFIG_HOME: directory.join("config") }),
      environment({ GOENV: directory.join("missing"), XDG_CONFIG_HOME: directory.join("config") }),
      environment({ XDG_CONFIG_HOME: directory.join("config") }),
    ]) {
      expect(readGoSettings(env).GOPROXY).toBe(goEnv(env)["GOPROXY"]);
    }
  });

  it("with GOROOT in the environment", () => {
    const goroot = goEnv(environment({}))["GOROOT"] ?? "";
    const env = environment({ GOROOT: `${goroot}/` });
    expect(readGoSettings(env).GOPROXY).toBe(goEnv(env)["GOPROXY"]);
  });

  it("without a home", () => {
    const env = { PATH: process.env["PATH"] ?? "" };
    const expected = goEnv({ ...env, GOCACHE: "/none" });
    const settings = readGoSettings(env);
    for (const name of names) expect(settings[name] ?? "").toBe(expected[name]);
    expect(settings.GOMODCACHE).toBeUndefined();
  });
});

describe("readGoSettings() without Go", () => {
  it("knows no proxy and says what to set", () => {
    const settings = readGoSettings({ HOME: directory.path, PATH: directory.path });
    expect(settings.goCommand).toBeUndefined();
    expect(settings.GOPROXY).toBeUndefined();
    expect(settings.GOMODCACHE).toBe(directory.join("go/pkg/mod"));
    expect(() => requireGoproxy(settings)).toThrowError(
      expect.toSatisfy((error: unknown) => isGomodfsError(error, "USAGE")),
    );
    expect(() => requireGoproxy(settings)).toThrow("GOPROXY is not set");
  });

  it("takes GOPROXY from the environment", () => {
    const settings = readGoSettings({ GOPROXY: "https://proxy.example.com" });
    expect(requireGoproxy(settings)).toBe("https://proxy.example.com");
  });

  it("reads the flags about modules", () => {
    const settings = readGoSettings({ GOFLAGS: "-modcacherw -mod=mod" });
    expect(settings.flags).toMatchObject({ modcacherw: true, mod: "mod", insecure: false });
    expect(() => readGoSettings({ GOFLAGS: "mod" })).toThrow("GOFLAGS");
  });

  it("finds places on other platforms", () => {
    expect(
      readGoSettings({ AppData: "C:\\Users\\a\\AppData", USERPROFILE: "C:\\Users\\a" }, "win32"),
    ).toMatchObject({
      GOENV: "C:\\Users\\a\\AppData\\go\\env",
      GOMODCACHE: "C:\\Users\\a\\go\\pkg\\mod",
    });
    expect(readGoSettings({ HOME: "/Users/a" }, "darwin").GOENV).toBe(
      "/Users/a/Library/Application Support/go/env",
    );
  });
});

describe("findGoInstallation()", () => {
  it("goes past a script to the installation behind it, and through links", () => {
    write("sdk/bin/go", "");
    chmodSync(directory.join("sdk/bin/go"), 0o755);
    mkdirSync(directory.join("sdk/pkg/tool"), { recursive: true });
    mkdirSync(directory.join("links"));
    symlinkSync(directory.join("sdk/bin/go"), directory.join("links/go"));
    write("shims/go", "#!/bin/sh\n");
    chmodSync(directory.join("shims/go"), 0o755);
    write("plain/go", "not executable");
    const path = ["plain", "shims", "links"].map((name) => directory.join(name)).join(":");
    expect(findGoInstallation({ PATH: `relative::${path}` }, "linux")).toEqual({
      goCommand: directory.join("shims/go"),
      goroot: directory.join("sdk"),
    });
  });
});

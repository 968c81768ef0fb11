import { describe, expect, it } from "vitest";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import {
  checkFilePath,
  checkImportPath,
  isModulePath,
  isPathPrefix,
  parseModulePath,
  parseModuleVersion,
} from "./path.ts";

describe("parseModulePath", () => {
  it.each([
    ["", "empty string"],
    ["-x.y/z", "leading dash"],
    ["x.y//z", "double slash"],
    ["x.y/z/", "trailing slash"],
    ["/x.y/z", "empty path element"],
    ["x.y/../z", 'invalid path element ".."'],
    ["x.y/.git", "leading dot in path element"],
    ["x.y/z.", "trailing dot in path element"],
    ["x.y/z+", "invalid char '+'"],
    ["x.y/COM1.z", '"COM1" disallowed as path element component on Windows'],
    ["x.y/z~1", "trailing tilde and digits in path element"],
    ["xy/z", "missing dot in first path element"],
    ["X.y/z", "invalid char 'X' in first path element"],
    ["x.y/z/v1", "invalid version"],
    ["x.y/z/v2.0", "invalid version"],
    ["gopkg.in/yaml", "invalid version"],
    ["x.y/\ud800z", "invalid UTF-8"],
  ])("refuses %j: %s", (path, reason) => {
    const message = `malformed module path ${JSON.stringify(path)}: ${reason}`;
    expect(() => parseModulePath(path)).toThrow(new GomodfsError("INVALID", message));
  });

  it.each(["x.y", "github.com/Azure/azure-sdk-for-go", "x.y/z/v2", "gopkg.in/yaml.v0", "x.y/z~"])(
    "accepts %j",
    (path) => expect(parseModulePath(path)).toBe(path),
  );

  it("answers in time for megabytes", () => {
    expect(isModulePath(`x.y/${"a/".repeat(2 ** 23)}a`)).toBe(true);
    expect(() => parseModulePath("~1".repeat(2 ** 23))).toThrow(
      "trailing tilde and digits in path element",
    );
  });
});

it("checkImportPath() allows what module paths do not", () => {
  expect(() => checkImportPath("x.y/c++/.hidden/v1")).not.toThrow();
  expect(() => checkImportPath("x.y/a b")).toThrow("malformed import path");
});

it("checkFilePath() allows Unicode letters and punctuation", () => {
  expect(() => checkFilePath("-x/@!#$%&()+,=[]^_{}~ é\u{10400}~1")).not.toThrow();
  expect(() => checkFilePath("☺")).toThrow("malformed file path \"☺\": invalid char '☺'");
});

describe("parseModuleVersion", () => {
  it.each([
    ["rsc.io/quote", "v1.0.0"],
    ["rsc.io/quote", "v17.0.0+incompatible"],
    ["github.com/go-yaml/yaml/v2", "v2.1.5"],
    ["gopkg.in/check.v1", "v0.0.0-20160102150405-abcdef123456"],
    ["golang.org/toolchain", "v0.0.1-go1.21.0.linux-amd64"],
  ])("accepts %s@%s", (path, version) => {
    expect(parseModuleVersion(path, version)).toStrictEqual({ path, version });
  });

  it.each([
    ["rsc io/quote", "v1.0.0", "malformed module path \"rsc io/quote\": invalid char ' '"],
    ["rsc.io/quote", "0.1.0", "rsc.io/quote@0.1.0: invalid version: not a semantic version"],
    ["rsc.io/quote", "v2.0.0", "rsc.io/quote@v2.0.0: invalid version: should be v0 or v1, not v2"],
    ["rsc.io/quote/v3", "v1.0.0", "rsc.io/quote/v3@v1.0.0: invalid version: should be v3, not v1"],
    [
      "rsc.io/quote",
      "v1.2",
      'rsc.io/quote@v1.2: version "v1.2" is not canonical (should be "v1.2.0")',
    ],
    ["rsc.io/quote", "v1.2.3+meta", "is not canonical"],
  ])("refuses %s@%s", (path, version, message) => {
    expect(() => parseModuleVersion(path, version)).toThrow(message);
  });
});

describe("isPathPrefix", () => {
  it.each(["", "github.com", "github.com/!azure", "gopkg.in/yaml", "x.y/z/v1", "x.y/-z"])(
    "takes %j for the beginning of a path",
    (path) => expect(isPathPrefix(path === "" ? [] : path.split("/"))).toBe(true),
  );

  it.each([
    ..."vendor .git @eaDir cache GitHub.com github.com/Azure github.com/.git github.com/a@v1.0.0".split(
      " ",
    ),
    ..."-x.y x.y/! x.y/!1 con.y x.y/nul x.y/é x.y/a~1 x.y/a. github.com/!!a !x.y".split(" "),
    "x.y//z",
    "",
  ])("says that %j cannot be one", (path) => {
    expect(isPathPrefix(path.split("/"))).toBe(false);
  });
});

import { expect, it } from "vitest";
import {
  canonicalVersion,
  checkPathMajor,
  matchPathMajor,
  pathMajorPrefix,
  splitPathVersion,
} from "./path_major.ts";

it.each([
  ["x.y/z", "x.y/z", ""],
  ["x.y/z/v2", "x.y/z", "/v2"],
  ["x.y/v", "x.y/v", ""],
  ["gopkg.in/yaml.v0", "gopkg.in/yaml", ".v0"],
  ["gopkg.in/yaml.v2-unstable", "gopkg.in/yaml", ".v2-unstable"],
])("splitPathVersion(%j)", (path, prefix, pathMajor) => {
  expect(splitPathVersion(path)).toStrictEqual({ prefix, pathMajor });
});

it.each(["x.y/z/v0", "x.y/z/v1", "x.y/z/v02", "x.y/z/v2.0", "gopkg.in/yaml", "gopkg.in/yaml.v01"])(
  "splitPathVersion(%j) refuses",
  (path) => expect(splitPathVersion(path)).toBeUndefined(),
);

// From golang.org/x/mod/module, BSD-3-Clause (module_test.go).
it.each([
  ["v0.0.0", "", true],
  ["v0.0.0", "/v2", false],
  ["v0.0.0", ".v0", true],
  ["v0.0.0-20190510104115-cbcb75029529", ".v1", true],
  ["v1.0.0", "/v2", false],
  ["v1.0.0", ".v1", true],
  ["v1.0.0", ".v1-unstable", true],
  ["v2.0.0+incompatible", "", true],
  ["v2.0.0", "", false],
  ["v2.0.0", "/v2", true],
  ["v2.0.0", ".v2", true],
])("matchPathMajor(%j, %j) is %j", (version, pathMajor, expected) => {
  expect(matchPathMajor(version, pathMajor)).toBe(expected);
});

it("checkPathMajor() says what the version should be", () => {
  const message = 'version "v1.0.0" invalid: should be v2, not v1';
  expect(() => checkPathMajor("v1.0.0", "/v2")).toThrow(message);
  expect(() => checkPathMajor("v2.0.0", "/v2")).not.toThrow();
});

it("pathMajorPrefix() is the prefix of tags", () => {
  const prefixes = ["", "/v2", ".v1-unstable"].map(pathMajorPrefix);
  expect(prefixes).toStrictEqual(["", "v2", "v1"]);
});

it("canonicalVersion() keeps +incompatible only", () => {
  const versions = ["v2+x", "v2.0.0+incompatible", "v1.2.3+meta", "v1.2"].map(canonicalVersion);
  expect(versions).toStrictEqual(["", "v2.0.0+incompatible", "v1.2.3", "v1.2.0"]);
});

import { describe, expect, it } from "vitest";
import { rejection } from "../../../../test/support/rejection.ts";
import { parseModulePath } from "../../../module/path.ts";
import { locateModule, revisionOf } from "./module_location.ts";

describe("locateModule()", () => {
  // The paths are those of the comments in newCodeRepo of cmd/go/internal/modfetch/coderepo.go.
  it.each([
    ["corp.test/foo", "corp.test/foo", "", { directory: "", pathMajor: "", tagPrefix: "" }],
    [
      "corp.test/foo/bar/v2",
      "corp.test/foo",
      "",
      { directory: "bar", pathMajor: "/v2", tagPrefix: "bar/", pathPrefix: "corp.test/foo/bar" },
    ],
    [
      "corp.test/mangos/v2",
      "corp.test/mangos/v2",
      "",
      { directory: "", pathMajor: "/v2", pathPrefix: "corp.test/mangos/v2" },
    ],
    [
      "gopkg.in/yaml.v2",
      "gopkg.in/yaml.v2",
      "",
      { directory: "", pathMajor: ".v2", pathPrefix: "gopkg.in/yaml.v2" },
    ],
    [
      "corp.test/foo/v2",
      "corp.test/foo",
      "bar/subdir",
      { directory: "bar/subdir", pathMajor: "/v2", tagPrefix: "bar/subdir/" },
    ],
    ["corp.test/foo/a", "corp.test/foo", "b", { directory: "a/b", tagPrefix: "a/b/" }],
  ])("finds %s in %s %s", (path, root, subdirectory, expected) => {
    const location = locateModule({ path: parseModulePath(path), root, subdirectory });
    expect(location).toMatchObject(expected);
  });

  it.each([
    ["corp.test/foo", "corp.test/bar", "", "mismatched repo"],
    ["corp.test/foobar", "corp.test/foo", "", "mismatched repo"],
    ["corp.test/foo/v2", "corp.test/foo/v2/x", "", "mismatched repo"],
    ["corp.test/foo", "corp.test/foo", "../..", 'invalid path element ".."'],
    ["corp.test/foo", "corp.test/foo", "/etc", "empty path element"],
  ])("refuses %s in %s %s", (path, root, subdirectory, reason) => {
    const place = { path: parseModulePath(path), root, subdirectory };
    expect(() => locateModule(place)).toThrow(rejection("INVALID", reason));
  });
});

it.each([
  ["v1.2.3", "sub/v1.2.3"],
  ["v2.0.0+incompatible", "sub/v2.0.0"],
  ["v1.0.0+meta", "sub/v1.0.0+meta"],
  ["v1.2", "sub/v1.2"],
  ["v1.2.4-0.20200102030405-0123456789ab", "0123456789ab"],
  ["main", "main"],
])("revisionOf() %s is %s", (version, revision) => {
  const path = parseModulePath("corp.test/m/sub");
  expect(revisionOf(locateModule({ path, root: "corp.test/m" }), version)).toBe(revision);
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../test/support/temporary_directory.ts";
import { isGomodfsError } from "../../lib/gomodfs_error.ts";
import { parseModuleVersion } from "../../module/path.ts";
import { git } from "./git_for_tests.ts";
import { parseRefName, refName } from "./ref_name.ts";

/** Paths and versions with every character that they may have. */
const moduleVersion = fc
  .tuple(
    fc.stringMatching(/^example\.com(\/[-A-Z_a-z0-9.~]{1,8}){0,3}$/),
    fc.stringMatching(/^v[01]\.0\.[1-9](-[0-9A-Za-z.-]{1,6}|-a\.lock)?(\+incompatible)?$/),
  )
  .map(([path, version]) => {
    try {
      return parseModuleVersion(path, version);
    } catch (error) {
      if (isGomodfsError(error, "INVALID")) return undefined;
      throw error;
    }
  })
  .filter((id) => id !== undefined);

describe("refName()", () => {
  test.each([
    ["golang.org/x/net", "v0.43.0", "refs/gomod/golang.org%2Fx%2Fnet@v0.43.0"],
    ["github.com/Azure/a", "v1.0.0-RC1", "refs/gomod/github.com%2F%21azure%2Fa@v1.0.0-%21r%21c1"],
    ["a.com/b", "v2.0.0+incompatible", "refs/gomod/a.com%2Fb@v2.0.0+incompatible"],
    ["a.com/~b/c..d", "v1.0.0-a.lock", "refs/gomod/a.com%2F%7Eb%2Fc%2E.d@v1.0.0-a%2Elock"],
  ])("of %s %s", (path, version, expected) => {
    const id = parseModuleVersion(path, version);
    expect(refName(id, "zip")).toBe(expected);
    expect(refName(id, "info")).toBe(`${expected}(info)`);
    expect(refName(id, "mod")).toBe(`${expected}(mod)`);
  });

  test("is read back by parseRefName()", () => {
    fc.assert(
      fc.property(moduleVersion, fc.constantFrom("zip", "info", "mod"), (id, kind) => {
        expect(parseRefName(refName(id, kind))).toEqual({ id, kind });
      }),
    );
  });

  test("is a name that git accepts", () => {
    using directory = temporaryDirectory();
    git(directory.path, ["init", "-q", "--bare"]);
    const names = new Set(fc.sample(moduleVersion, 300).map((id) => refName(id, "zip")));
    const blob = git(directory.path, ["hash-object", "-w", "--stdin"], "x").toString().trim();
    const commands = [...names].map((name) => `create ${name} ${blob}\n`).join("");
    git(directory.path, ["update-ref", "--stdin"], commands);
    const refs = git(directory.path, ["for-each-ref", "--format=%(refname)"]).toString();
    expect(new Set(refs.trim().split("\n"))).toEqual(names);
  });
});

describe("parseRefName()", () => {
  test.each([
    "refs/heads/main",
    "refs/gomod/",
    "refs/gomod/a.com@",
    "refs/gomod/a.com@v1",
    "refs/gomod/a.com%2@v1.0.0",
    "refs/gomod/%2E%2E%2Fa@v1.0.0",
    "refs/gomod/a.com%2FB@v1.0.0",
    "refs/gomod/a.com@v1.0.0(zip)",
    "refs/gomod/a.com/b@v1.0.0",
  ])("does not take %s for one of a module", (name) => {
    expect(parseRefName(name)).toBeUndefined();
  });
});

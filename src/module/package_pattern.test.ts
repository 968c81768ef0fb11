import { describe, expect, it } from "vitest";
import { packagePattern, treePattern } from "./package_pattern.ts";

/** Facts of cmd/internal/pkgpattern, pat_test.go. */
const MATCHES: readonly (readonly [pattern: string, yes: string, no: string])[] = [
  ["...", "foo", ""],
  ["net", "net", "net/http not/http not/net/http netchan"],
  ["net/http", "net/http", "net not/http netchan"],
  ["net...", "net net/http netchan", "not/http not/net/http"],
  ["net/...", "net net/http", "not/http not/net/http netchan"],
  ["./...", "./vendor ./foo ./foo/bar", "./vendor/foo ./mycode/vendor/foo"],
  ["./vendor/...", "./vendor ./vendor/foo ./vendor/foo/vendor", "./vendor/foo/vendor/x ./foo"],
  ["mycode/vendor/...", "mycode/vendor mycode/vendor/foo", "mycode/vendor/foo/vendor/foo"],
  ["x/vendor/y", "x/vendor/y", "x/vendor/y/z"],
  ["x/vendor/y/...", "x/vendor/y x/vendor/y/z x/vendor/y/vendor", "x/vendor/y/vendor/z"],
  [".../vendor/...", "x/vendor/y x/vendor", "x/vendor/y/vendor/z"],
  ["a.b/(c)/...", "a.b/(c)/d", "axb/(c)/d a.b/c/d"],
];

describe("packagePattern()", () => {
  it.each(MATCHES)("%s matches %s, and not %s", (pattern, yes, no) => {
    const matches = packagePattern(pattern);
    expect(yes.split(" ").filter((path) => !matches(path))).toEqual([]);
    expect(no.split(" ").filter((path) => path !== "" && matches(path))).toEqual([]);
  });
});

describe("treePattern()", () => {
  it.each([
    ["...", "net net/http", ""],
    ["net", "net", "net/http netchan"],
    ["net/http", "net net/http", "net/http/x ne"],
    ["net...", "net netchan net/http", "not"],
    ["net/...", "net net/http", "not netchan"],
    ["abc.../def", "abcxyz abc/x", "xyxabc"],
  ])("%s can match %s, and not %s", (pattern, yes, no) => {
    const mayMatch = treePattern(pattern);
    expect(yes.split(" ").filter((path) => !mayMatch(path))).toEqual([]);
    expect(no.split(" ").filter((path) => path !== "" && mayMatch(path))).toEqual([]);
  });
});

import { expect, it } from "vitest";
import { matchPath } from "./path_match.ts";
import { matchPrefixPatterns } from "./prefix_patterns.ts";

// From golang.org/x/mod/module, BSD-3-Clause (module_test.go).
it.each([
  ["", "rsc.io/quote", false],
  ["/", "rsc.io/quote", false],
  ["*/quote", "rsc.io/quote", true],
  ["*/quo", "rsc.io/quote", false],
  ["*/quo??", "rsc.io/quote", true],
  ["*quo*", "rsc.io/quote", false],
  ["rsc.io/", "rsc.io/quote", true],
  ["rsc", "rsc.io/quote", false],
  ["*/quote/*/", "rsc.io/quote/v3", true],
  ["*/v3", "rsc.io/quote/v3", false],
  ["*/*/*", "rsc.io/quote", false],
  ["*/*/*,,*/quote", "rsc.io/quote", true],
  [",,*/quote", "rsc.io/quote", true],
])("matchPrefixPatterns(%j, %j) is %j", (globs, target, expected) => {
  expect(matchPrefixPatterns(globs, target)).toBe(expected);
});

it.each([
  ["[a-c]x", "bx", true],
  ["[^a-c]x", "bx", false],
  ["[\\-\\]]", "]", true],
  ["\\*", "*", true],
  ["a*c", "a/c", false],
  ["a*b*c", "aXbYbZc", true],
  ["?", "/", false],
  ["[^a]", "/", true],
])("matchPath(%j, %j) is %j", (pattern, name, expected) => {
  expect(matchPath(pattern, name)).toBe(expected);
});

it.each(["[", "[]", "[]a]", "[a", "[a-", "[a-]", "[-a]", "\\", "a[^", "*["])(
  "the malformed pattern %j matches nothing",
  (pattern) => {
    const names = ["", "a", "[", "]", "-", pattern].filter((name) => matchPath(pattern, name));
    expect(names).toStrictEqual([]);
  },
);

it("answers in time for a hostile pattern", () => {
  expect(matchPath("*a".repeat(5000), `${"a".repeat(20_000)}b`)).toBe(false);
});

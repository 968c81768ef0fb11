import { expect, it } from "vitest";
import { ignoreRule } from "./ignore_rule.ts";

it.each([
  ["x", "x x/y a/x a/x/y", "xy a/xy y"],
  ["./x", "x x/y", "a/x xy"],
  ["a/b", "a/b c/a/b a/b/c", "a b a/bc"],
  ["./a/b/", "a/b a/b/c", "c/a/b a"],
])("ignore %s leaves out %s, and not %s", (pattern, ignored, others) => {
  const isIgnored = ignoreRule([pattern]);
  expect(ignored.split(" ").filter((directory) => !isIgnored(directory))).toEqual([]);
  expect(others.split(" ").filter(isIgnored)).toEqual([]);
  expect(isIgnored("")).toBe(false);
});

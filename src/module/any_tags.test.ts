import { expect, it } from "vitest";
import { mayHold } from "./any_tags.ts";
import { parseBuildConstraint } from "./build_constraint.ts";

it.each([
  ["linux", true],
  ["!linux", true],
  ["linux && !linux", true],
  ["ignore", false],
  ["!ignore", true],
  ["ignore && linux", false],
  ["ignore || linux", true],
  ["!(ignore || linux)", true],
  ["!(linux || !ignore)", false],
  ["go1.99", true],
])("//go:build %s may hold: %s", (expression, expected) => {
  const constraint = parseBuildConstraint(`//go:build ${expression}`);
  expect(constraint !== undefined && mayHold(constraint)).toBe(expected);
});

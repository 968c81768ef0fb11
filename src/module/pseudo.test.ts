import { describe, expect, it } from "vitest";
import {
  isPseudoVersion,
  isZeroPseudoVersion,
  pseudoVersion,
  pseudoVersionBase,
  pseudoVersionRevision,
  pseudoVersionTime,
  zeroPseudoVersion,
} from "./pseudo.ts";

const TIME = new Date("2006-01-02T15:04:05Z");
/** From golang.org/x/mod/module, BSD-3-Clause (pseudo_test.go). */
const PSEUDO_VERSIONS: readonly (readonly [string, string, string])[] = [
  ["", "", "v0.0.0-20060102150405-hash"],
  ["v0", "", "v0.0.0-20060102150405-hash"],
  ["v2", "", "v2.0.0-20060102150405-hash"],
  ["unused", "v0.0.0", "v0.0.1-0.20060102150405-hash"],
  ["unused", "v1.2.3", "v1.2.4-0.20060102150405-hash"],
  ["unused", "v1.2.99999999999999999", "v1.2.100000000000000000-0.20060102150405-hash"],
  ["unused", "v1.2.3-pre", "v1.2.3-pre.0.20060102150405-hash"],
  ["unused", "v0.0.0--", "v0.0.0--.0.20060102150405-hash"],
  ["unused", "v1.0.0+metadata", "v1.0.1-0.20060102150405-hash+metadata"],
  ["unused", "v2.0.0+incompatible", "v2.0.1-0.20060102150405-hash+incompatible"],
  ["unused", "v2.3.0-pre+incompatible", "v2.3.0-pre.0.20060102150405-hash+incompatible"],
];

describe.each(PSEUDO_VERSIONS)("with major %j after %j: %s", (major, older, version) => {
  it("is made and taken apart", () => {
    expect(pseudoVersion(major, older, TIME, "hash")).toBe(version);
    expect(isPseudoVersion(version)).toBe(true);
    expect(isPseudoVersion(older)).toBe(false);
    expect(pseudoVersionTime(version)).toStrictEqual(TIME);
    expect(pseudoVersionRevision(version)).toBe("hash");
    expect(pseudoVersionBase(version)).toBe(older);
  });
});

it.each([
  ["v0.0.0", "syntax error"],
  ["v0.0.0-", "syntax error"],
  ["---", "syntax error"],
  ["v1.0.0-0.20060102150405-hash", "version before v1.0.0 would have negative patch number"],
  [
    "v0.0.0-20060102150405-hash+incompatible",
    'lacks base version, but has build metadata "+incompatible"',
  ],
])("pseudoVersionBase(%j) refuses", (version, reason) => {
  const message = `pseudo-version ${JSON.stringify(version)} invalid: ${reason}`;
  expect(() => pseudoVersionBase(version)).toThrow(message);
});

it.each(["20230229000000", "20231301000000", "20230101240000", "20230101006000", "00000000000000"])(
  "pseudoVersionTime() refuses the time %s",
  (timestamp) => {
    const version = `v0.0.0-${timestamp}-hash`;
    expect(() => pseudoVersionTime(version)).toThrow(`malformed time "${timestamp}"`);
  },
);

it("zeroPseudoVersion() stands for no commit", () => {
  expect(zeroPseudoVersion("v2")).toBe("v2.0.0-00010101000000-000000000000");
  expect(isZeroPseudoVersion(zeroPseudoVersion(""))).toBe(true);
  expect(isZeroPseudoVersion("v1.0.0")).toBe(false);
});

import { describe, expect, it } from "vitest";
import {
  build,
  canonical,
  compare,
  isValid,
  major,
  majorMinor,
  prerelease,
  sortVersions,
} from "./semver.ts";

/** Ascending, with their canonical forms: from golang.org/x/mod/semver, BSD-3-Clause (semver_test.go). */
const VERSIONS: readonly (readonly [string, string])[] = [
  ["bad", ""],
  ["v1-alpha.beta.gamma", ""],
  ["v1-pre", ""],
  ["v1+meta", ""],
  ["v1-pre+meta", ""],
  ["v1.2-pre", ""],
  ["v1.2+meta", ""],
  ["v1.2-pre+meta", ""],
  ["v1.0.0-alpha", "v1.0.0-alpha"],
  ["v1.0.0-alpha.1", "v1.0.0-alpha.1"],
  ["v1.0.0-alpha.beta", "v1.0.0-alpha.beta"],
  ["v1.0.0-beta", "v1.0.0-beta"],
  ["v1.0.0-beta.2", "v1.0.0-beta.2"],
  ["v1.0.0-beta.11", "v1.0.0-beta.11"],
  ["v1.0.0-rc.1", "v1.0.0-rc.1"],
  ["v1", "v1.0.0"],
  ["v1.0", "v1.0.0"],
  ["v1.0.0", "v1.0.0"],
  ["v1.2", "v1.2.0"],
  ["v1.2.0", "v1.2.0"],
  ["v1.2.3-456", "v1.2.3-456"],
  ["v1.2.3-456.789", "v1.2.3-456.789"],
  ["v1.2.3-456-789", "v1.2.3-456-789"],
  ["v1.2.3-456a", "v1.2.3-456a"],
  ["v1.2.3-pre", "v1.2.3-pre"],
  ["v1.2.3-pre+meta", "v1.2.3-pre"],
  ["v1.2.3-pre.1", "v1.2.3-pre.1"],
  ["v1.2.3-zzz", "v1.2.3-zzz"],
  ["v1.2.3", "v1.2.3"],
  ["v1.2.3+meta", "v1.2.3"],
  ["v1.2.3+meta-pre", "v1.2.3"],
  ["v1.2.3+meta-pre.sha.256a", "v1.2.3"],
];

describe("semver", () => {
  it.each(VERSIONS)("canonical(%j) is %j", (version, expected) => {
    expect(canonical(version)).toBe(expected);
    expect(isValid(version)).toBe(expected !== "");
  });

  it("compare() orders all pairs", () => {
    for (const [i, [a, canonicalA]] of VERSIONS.entries()) {
      for (const [j, [b, canonicalB]] of VERSIONS.entries()) {
        const expected = canonicalA === canonicalB ? 0 : Math.sign(i - j);
        expect([a, b, Math.sign(compare(a, b))]).toStrictEqual([a, b, expected]);
      }
    }
  });

  it("takes versions apart", () => {
    const version = "v12.34.56-pre.1+meta";
    const parts = [major, majorMinor, prerelease, build].map((part) => part(version));
    expect(parts).toStrictEqual(["v12", "v12.34", "-pre.1", "+meta"]);
    expect(majorMinor("v1")).toBe("v1.0");
  });

  it("sortVersions() sorts equal versions by their bytes, in a copy", () => {
    const versions = ["v1.10.0", "v1.9.0+b", "v1.9.0+a", "bad"];
    expect(sortVersions(versions)).toStrictEqual(["bad", "v1.9.0+a", "v1.9.0+b", "v1.10.0"]);
    expect(versions[0]).toBe("v1.10.0");
  });

  it.each([
    ["digits", `v1.${"1".repeat(2 ** 24)}`, true],
    ["identifiers", `v1.2.3-${"1.".repeat(2 ** 23)}`, false],
    ["metadata", `v1.2.3+${"a.".repeat(2 ** 23)}a`, true],
  ])("answers in time for megabytes of %s", (_, version, expected) => {
    expect(isValid(version)).toBe(expected);
  });
});

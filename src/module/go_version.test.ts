import { expect, it } from "vitest";
import {
  compareGoVersions,
  goLanguageVersion,
  goVersionOfToolchain,
  isValidGoVersion,
} from "./go_version.ts";

it("compareGoVersions() orders language versions, candidates and releases", () => {
  const ascending = [
    "x",
    "1",
    "1.5",
    "1.9rc1",
    "1.9",
    "1.20",
    "1.21",
    "1.21rc1",
    "1.21rc2",
    "1.21.0",
    "1.21.1",
    "1.22",
    "2",
  ];
  for (const [i, a] of ascending.entries()) {
    for (const [j, b] of ascending.entries()) {
      expect([a, b, Math.sign(compareGoVersions(a, b))]).toStrictEqual([a, b, Math.sign(i - j)]);
    }
  }
});

it("isValidGoVersion() refuses prefixes, zeros and candidates of patches", () => {
  const invalid = [
    "",
    "go1.21",
    "v1.21",
    "01.2",
    "1.02",
    "1.21.",
    "1.21.0rc1",
    "1.21RC1",
    "1.21rc01",
  ];
  expect(invalid.filter(isValidGoVersion)).toStrictEqual([]);
});

it("goLanguageVersion() drops patches and candidates", () => {
  const languages = ["1.21.3", "1.22rc1", "1.0", "1", "x"].map(goLanguageVersion);
  expect(languages).toStrictEqual(["1.21", "1.22", "1", "1", ""]);
});

it("goVersionOfToolchain() reads names of toolchains", () => {
  const names = ["go1.21.3", "go1.21.3-custom", "go1.2 x", "1.21", "go", "go1.2/x", "default"];
  const versions = ["1.21.3", "1.21.3", "1.2", undefined, undefined, undefined, undefined];
  expect(names.map(goVersionOfToolchain)).toStrictEqual(versions);
});

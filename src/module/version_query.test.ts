import { describe, expect, it } from "vitest";
import { rejection } from "../../test/support/rejection.ts";
import { isRevisionQuery, parseVersionQuery } from "./version_query.ts";

const PATH = "example.com/m";
const VERSIONS = ["v1.1.9", "v1.2.0-pre", "v1.2.0", "v1.2.3", "v1.10.0", "v2.0.0+incompatible"];

function matching(query: string, current?: string): string[] {
  const parsed = parseVersionQuery(PATH, query, current);
  return parsed.kind === "choice" ? VERSIONS.filter(parsed.matches) : [];
}

describe("parseVersionQuery()", () => {
  it.each([
    ["latest", VERSIONS],
    ["v1", VERSIONS.slice(0, 5)],
    ["v1.2", ["v1.2.0", "v1.2.3"]],
    ["<v1.2.0", ["v1.1.9", "v1.2.0-pre"]],
    ["<=v1.2.0", ["v1.1.9", "v1.2.0-pre", "v1.2.0"]],
    [">v1.2.3", ["v1.10.0", "v2.0.0+incompatible"]],
    [">=v1.2.3", ["v1.2.3", "v1.10.0", "v2.0.0+incompatible"]],
    ["<v1.2", ["v1.1.9", "v1.2.0-pre"]],
  ])("%s matches %j", (query, versions) => {
    expect(matching(query)).toEqual(versions);
  });

  it("upgrades from a version, within its minor version for a patch", () => {
    expect(matching("upgrade", "v1.2.1")).toEqual(["v1.2.3", "v1.10.0", "v2.0.0+incompatible"]);
    expect(matching("patch", "v1.2.1")).toEqual(["v1.2.3"]);
    expect(matching("upgrade")).toEqual(VERSIONS);
    expect(() => parseVersionQuery(PATH, "patch", undefined)).toThrow(rejection("USAGE"));
  });

  it("prefers the lowest above a bound", () => {
    expect(parseVersionQuery(PATH, ">v1.2.0", undefined)).toMatchObject({ prefersLower: true });
    expect(parseVersionQuery(PATH, "<v1.2.0", undefined)).toMatchObject({ prefersLower: false });
  });

  it("tells versions from other revisions", () => {
    expect(parseVersionQuery(PATH, "v1.2.3", undefined)).toEqual({
      kind: "version",
      version: "v1.2.3",
    });
    for (const revision of ["main", "v1.2.3+meta", "0123abcd", "release/v1"]) {
      expect(parseVersionQuery(PATH, revision, undefined)).toEqual({ kind: "revision", revision });
    }
  });

  it.each(["<", "<nonsense", ">v1.2", "<=v1", ">=v1.2.3.4"])("refuses %s", (query) => {
    expect(() => parseVersionQuery(PATH, query, undefined)).toThrow(rejection("USAGE"));
  });
});

describe("isRevisionQuery()", () => {
  it.each([
    ["v1.2.3", true],
    ["main", true],
    ["latest", false],
    ["upgrade", false],
    ["patch", false],
    ["v1", false],
    ["v1.2", false],
    [">=v1.0.0", false],
  ])("of %s is %s", (query, expected) => {
    expect(isRevisionQuery(query)).toBe(expected);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isGomodfsError } from "../lib/gomodfs_error.ts";
import { moduleFlags, parseGoFlags, splitQuoted } from "./go_flags.ts";

describe("splitQuoted()", () => {
  // From cmd/internal/quoted/quoted_test.go, BSD-3-Clause.
  it.each([
    ["", []],
    [" ", []],
    ["a", ["a"]],
    [" a", ["a"]],
    ["a ", ["a"]],
    ["a b", ["a", "b"]],
    ["a  b", ["a", "b"]],
    ["a\tb", ["a", "b"]],
    ["a\nb", ["a", "b"]],
    ["'a b'", ["a b"]],
    [`"a b"`, ["a b"]],
    [`'a' "b"`, ["a", "b"]],
    [`"'a'" '"b"'`, ["'a'", '"b"']],
    ["'a''b'", ["a", "b"]],
    [`"a""b"`, ["a", "b"]],
    [`'a'"b"`, ["a", "b"]],
    [`a'b`, ["a'b"]],
    [`a"b"`, [`a"b"`]],
    [`"\\"`, ["\\"]],
  ])("splits %j", (text, words) => {
    expect(splitQuoted(text)).toEqual(words);
  });

  it.each([`'a`, `"a`, `'a\\'b\\'`, `"a\\"b\\"`])("refuses %j", (text) => {
    const outcome = text.endsWith("\\'") || text.endsWith('\\"') ? `${text} "x` : text;
    expect(() => splitQuoted(outcome)).toThrow("unterminated");
  });

  it("gives back words that were quoted", () => {
    const word = fc.string().filter((text) => !text.includes("'"));
    fc.assert(
      fc.property(fc.array(word), (words) => {
        expect(splitQuoted(words.map((text) => `'${text}'`).join(" "))).toEqual(words);
      }),
    );
  });
});

describe("parseGoFlags()", () => {
  it("reads names and values", () => {
    expect(parseGoFlags(`-mod=mod --x '-ldflags=-s -w' -tags=a=b -modfile=`)).toEqual([
      { name: "mod", value: "mod" },
      { name: "x", value: undefined },
      { name: "ldflags", value: "-s -w" },
      { name: "tags", value: "a=b" },
      { name: "modfile", value: "" },
    ]);
  });

  it.each(["mod", "-", "--", "---x", "-=x", "--=x", "'-x"])("refuses %j", (goflags) => {
    expect(() => parseGoFlags(goflags)).toThrowError(
      expect.toSatisfy((error: unknown) => isGomodfsError(error, "USAGE")),
    );
  });
});

describe("moduleFlags()", () => {
  it("takes the last of a repeated flag", () => {
    const flags = moduleFlags(
      parseGoFlags("-modcacherw -modcacherw=false -mod=mod -mod=readonly -insecure=1"),
    );
    expect(flags).toEqual({
      insecure: true,
      modcacherw: false,
      mod: "readonly",
      modfile: undefined,
    });
  });

  it.each(["-modcacherw=yes", "-mod"])("refuses %s", (goflags) => {
    expect(() => moduleFlags(parseGoFlags(goflags))).toThrow("GOFLAGS holds -mod");
  });
});

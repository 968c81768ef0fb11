import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TomlDocument, type TomlPath } from "./toml_document.ts";

function parse(text: string): TomlDocument {
  const document = TomlDocument.parse(text);
  if (document instanceof TomlDocument) return document;
  throw new Error(document.message);
}

describe("a TOML document", () => {
  it.each([
    ['a = 1\n[b]\nc = [true, "x"]', { a: 1, b: { c: [true, "x"] } }],
    ["a.b.c = 1\na.b.d = 2", { a: { b: { c: 1, d: 2 } } }],
    ["[a.b]\nc = 1\n[a]\nd = 2", { a: { b: { c: 1 }, d: 2 } }],
    ["a = { b = 1, c.d = 2, e = {} }", { a: { b: 1, c: { d: 2 }, e: {} } }],
    ["[[a]]\nb = 1\n[[a]]\n[a.c]\nd = 2", { a: [{ b: 1 }, { c: { d: 2 } }] }],
    ["[a]\n[a.b]", { a: { b: {} } }],
    ["\"a b\" = 'c\\d'\n'' = 1", { "a b": "c\\d", "": 1 }],
  ])("has the values of %j", (text, expected) => {
    expect(JSON.parse(JSON.stringify(parse(text).root))).toEqual(expected);
  });

  it("has keys of any name, and none that it was not given", () => {
    const { root } = parse("__proto__ = 1\nconstructor.x = 2");
    expect(Object.entries(root).map(([key]) => key)).toEqual(["__proto__", "constructor"]);
    expect("toString" in root).toBe(false);
  });

  it.each<[TomlPath, string, string]>([
    [["a"], "2:3", "2:9"],
    [["t"], "3:2", "3:2"],
    [["t", "u"], "3:4", "3:4"],
    [["t", "u", "list"], "4:1", "4:8"],
    [["t", "u", "list", 1], "5:3", "5:3"],
    [["t", "u", "in", "b"], "7:8", "7:12"],
    [["arr", 1, "k"], "11:1", "11:5"],
    [["nowhere"], "undefined", "undefined"],
  ])("tells where %j stands", (path, key, value) => {
    const text = [
      "# comment",
      '  a  =  "x"',
      "[t.u]",
      "list = [1,",
      "  2,",
      "]",
      "in = { b = 3 }",
      "[[arr]]",
      "k = 1",
      "[[arr]]",
      "k = 2",
    ].join("\r\n");
    const document = parse(text);
    const at = (place: { line: number; column: number } | undefined): string =>
      place === undefined ? "undefined" : `${place.line}:${place.column}`;
    expect(at(document.keyPosition(path))).toBe(key);
    expect(at(document.valuePosition(path))).toBe(value);
  });

  it.each([
    ["a = ]", 1, 5],
    ["a = 1\na = 2", 2, 1],
    ['x = "abc\n', 1, 9],
    ["ok = 1\n[a", 2, 3],
    ["[a]\n[a]", 2, 2],
    ["a = 1 b = 2", 1, 7],
    [`a = ${"[".repeat(20)}${"]".repeat(20)}`, 1, 21],
    [`${"a.".repeat(20)}a = 1`, 1, 1],
    ["#".repeat(300_000), 1, 1],
  ])("%.20j is refused at its place", (text, line, column) => {
    expect(TomlDocument.parse(text)).toMatchObject({ position: { line, column } });
  });

  it("of any text is read or refused", () => {
    const pieces = fc.constantFrom(
      "a",
      "=",
      " ",
      "1",
      '"',
      "'",
      "[",
      "]",
      "{",
      "}",
      "\n",
      ".",
      ",",
      "#",
      "\\u",
    );
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(pieces).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(text, (written) => {
        expect(TomlDocument.parse(written)).toBeDefined();
      }),
    );
  });

  it("of very deep nesting is refused", () => {
    expect(TomlDocument.parse(`a = ${"[".repeat(100_000)}`)).toHaveProperty("message");
    expect(TomlDocument.parse(`a = ${"{a=".repeat(50_000)}`)).toHaveProperty("message");
  });
});

import fc from "fast-check";
import { expect, it } from "vitest";
import { unquote } from "./go_string.ts";

it.each([
  ['""', ""],
  ['"a\\x41\\101\\u00e9\\U0001F600"', "aAAé😀"],
  ['"\\xc3\\xa9"', "é"],
  ['"\\xff"', "\ufffd"],
  ['"\\a\\b\\f\\n\\r\\t\\v\\\\\\""', '\u0007\b\f\n\r\t\v\\"'],
  ["`a\\n\r`", "a\\n"],
])("unquote(%j) is %j", (literal, expected) => {
  expect(unquote(literal)).toBe(expected);
});

it.each([
  "",
  '"',
  "a",
  "'a'",
  '"a',
  '"\\',
  '"\\"',
  '"\\q"',
  '"\\\'"',
  '"a"b"',
  '"\\x4"',
  '"\\400"',
  '"\\ud800"',
  '"\\U00110000"',
  '"\n"',
  "`a`b`",
])("unquote(%j) refuses", (literal) => expect(unquote(literal)).toBeUndefined());

it("unquote() reads what JSON writes without control characters", () => {
  const text = fc.string({ unit: "grapheme" });
  const property = fc.property(text, (value) => {
    expect(unquote(JSON.stringify(value))).toBe(value);
  });
  fc.assert(property, { examples: [['"\\']] });
});

import { describe, expect, test } from "vitest";
import { decodeZipName, needsUtf8Flag } from "./zip_name.ts";

describe("decodeZipName()", () => {
  test("takes UTF-8, a byte order mark as any character", () => {
    expect(decodeZipName(Buffer.from("ä/日本語"))).toBe("ä/日本語");
    expect(decodeZipName(Buffer.from("\ufeffa"))).toBe("\ufeffa");
    expect(decodeZipName(new Uint8Array(0))).toBe("");
  });

  test.each([
    ["a lone continuation byte", [0x80]],
    ["a truncated character", [0x61, 0xe6, 0x97]],
    ["an overlong slash", [0xc0, 0xaf]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["beyond Unicode", [0xf4, 0x90, 0x80, 0x80]],
  ])("refuses %s", (_, bytes) => {
    expect(() => decodeZipName(Uint8Array.from(bytes))).toThrow(
      expect.objectContaining({ code: "INVALID" }),
    );
  });
});

// From detectUTF8 of Go's archive/zip.
test.each([
  ["plain/name-1.2 {x}", false],
  ["", false],
  ["back\\slash", true],
  ["tilde~", true],
  ["control\n", true],
  ["delete\x7f", true],
  ["ä", true],
])("needsUtf8Flag(%j) is %s", (name, expected) => {
  expect(needsUtf8Flag(name)).toBe(expected);
});

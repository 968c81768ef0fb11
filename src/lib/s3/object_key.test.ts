import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rejection } from "../../../test/support/rejection.ts";
import { encodeKey, encodeSegment } from "./object_key.ts";

describe("encodeKey", () => {
  it.each([
    ["action/ab/0123", "action/ab/0123"],
    ["a b+c", "a%20b%2Bc"],
    ["~!'()*", "~%21%27%28%29%2A"],
    ["é/%2F", "%C3%A9/%252F"],
    ["a//b/", "a//b/"],
    ["...", "..."],
  ])("escapes %j as %j", (key, escaped) => {
    expect(encodeKey(key)).toBe(escaped);
  });

  it.each(["", "a/../b", ".", "a/.", "\ud800", "a\0b", "x".repeat(1025)])("refuses %j", (key) => {
    expect(() => encodeKey(key)).toThrow(rejection("INVALID"));
  });

  it("leaves nothing but unreserved characters, slashes and escapes, and loses nothing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (text) => {
        const escaped = encodeSegment(text);
        expect(escaped).toMatch(/^(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})*$/);
        expect(decodeURIComponent(escaped)).toBe(text);
      }),
    );
  });
});

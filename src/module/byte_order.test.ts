import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareBytes } from "./byte_order.ts";

describe("compareBytes", () => {
  it("orders strings as their UTF-8 bytes are ordered", () => {
    const character = fc.constantFrom(
      "a",
      "b",
      "é",
      "\u{d7ff}",
      "\u{e000}",
      "\u{ffff}",
      "\u{10000}",
      "\u{10ffff}",
    );
    const text = fc.string({ unit: character, maxLength: 4 });
    const property = fc.property(text, text, (a, b) => {
      const expected = Buffer.compare(Buffer.from(a), Buffer.from(b));
      expect(Math.sign(compareBytes(a, b))).toBe(expected);
    });
    fc.assert(property, { numRuns: 2000 });
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseRange } from "./byte_range.ts";

describe("parseRange", () => {
  it.each([
    ["bytes=0-0", [0, 1]],
    ["bytes=2-5", [2, 6]],
    ["bytes=2-", [2, 10]],
    ["bytes=2-99", [2, 10]],
    ["bytes=-3", [7, 10]],
    ["bytes=-99", [0, 10]],
    ["BYTES = 9-9 ", [9, 10]],
  ])("%s of ten bytes", (field, [start, end]) => {
    expect(parseRange(field, 10)).toEqual({ kind: "part", range: { start, end } });
  });

  it.each(["bytes=10-", "bytes=10-12", "bytes=-0", "bytes=99999999999999-"])(
    "%s of ten bytes cannot be satisfied",
    (field) => expect(parseRange(field, 10)).toEqual({ kind: "unsatisfiable" }),
  );

  it.each([
    undefined,
    "",
    "bytes=-",
    "bytes=5-2",
    "bytes=0-1,4-5",
    "bytes=a-b",
    "bytes=1",
    "items=0-1",
    "bytes=0-1-2",
    "bytes=+1-2",
    "bytes=0x1-2",
    "bytes=9999999999999999-",
  ])("passes over %s", (field) => expect(parseRange(field, 10)).toEqual({ kind: "whole" }));

  it("gives ranges that are within the content and not empty", () => {
    const number = fc.option(fc.nat({ max: 200 }), { nil: "" });
    fc.assert(
      fc.property(number, number, fc.nat({ max: 150 }), (first, last, size) => {
        const asked = parseRange(`bytes=${first}-${last}`, size);
        if (asked.kind !== "part") return;
        const { start, end } = asked.range;
        expect(start).toBeGreaterThanOrEqual(0);
        expect(start).toBeLessThan(end);
        expect(end).toBeLessThanOrEqual(size);
      }),
    );
  });
});

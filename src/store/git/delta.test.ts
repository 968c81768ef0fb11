import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { applyDelta } from "./delta.ts";
import { holdsOrIsRefused } from "./refusal_for_tests.ts";

const LIMIT = 1024 * 1024;

describe("applyDelta()", () => {
  test("copies from the base and inserts", () => {
    const base = Buffer.from("the quick brown fox");
    // Base size 19, result size 13; copy 9 bytes from 0; insert 4.
    const delta = Buffer.concat([Buffer.of(19, 13, 0x90, 9, 4), Buffer.from("dogs")]);
    expect(Buffer.from(applyDelta(base, delta, LIMIT)).toString()).toBe("the quickdogs");
  });

  test("copies 65,536 bytes where the size is left out", () => {
    const base = Buffer.alloc(0x10000, 1);
    const delta = Buffer.of(0x80, 0x80, 4, 0x80, 0x80, 4, 0x80);
    expect(applyDelta(base, delta, LIMIT)).toEqual(base);
  });

  test.each([
    ["another base", [18, 1, 1, 65], "another base"],
    ["a reserved instruction", [3, 1, 0], "reserved"],
    ["a copy from behind the base", [3, 9, 0x91, 1, 9], "behind the base's end"],
    ["an insertion cut off", [3, 9, 9, 65], "cut off"],
    ["too little", [3, 9, 1, 65], "less than it says"],
    ["too much", [3, 1, 2, 65, 65], "more than it says"],
    ["more than allowed", [3, 0x80, 0x80, 0x80, 1], "more than"],
    ["an endless size", [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], "out of range"],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => applyDelta(Buffer.from("abc"), Buffer.from(bytes), LIMIT)).toThrow(message);
  });

  test("makes no more than it says of any bytes, or throws STORE", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (base, rest) => {
        const delta = Buffer.concat([Buffer.of(base.length, 30), rest]);
        const check = () => applyDelta(base, delta, LIMIT).length === 30;
        expect(holdsOrIsRefused(check)).toBe(true);
      }),
    );
  });
});

import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Adler32 } from "./adler32.ts";

const adler32 = new Adler32();

/** RFC 1950 section 8.2, word for word. */
function reference(bytes: Uint8Array): number {
  let s1 = 1;
  let s2 = 0;
  for (const byte of bytes) {
    s1 = (s1 + byte) % 65_521;
    s2 = (s2 + s1) % 65_521;
  }
  return ((s2 << 16) | s1) >>> 0;
}

describe("Adler32", () => {
  // Around the width of a vector, the longest run without reduction, and the module's memory.
  const MEMORY = 1 << 20;
  test.each([
    0,
    1,
    15,
    16,
    17,
    5551,
    5552,
    5553,
    11_104,
    MEMORY - 1,
    MEMORY,
    MEMORY + 1,
    3_000_001,
  ])("agrees with the reference for %d bytes", (length) => {
    for (const bytes of [new Uint8Array(length), new Uint8Array(length).fill(255)]) {
      expect(adler32.compute(bytes)).toBe(reference(bytes));
    }
  });

  test("agrees with the reference for any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20_000 }), (bytes) => {
        expect(adler32.compute(bytes)).toBe(reference(bytes));
      }),
    );
  });

  test("is what ends a zlib stream", () => {
    const content = Buffer.from("Wikipedia");
    expect(adler32.compute(content)).toBe(0x11e60398);
    expect(deflateSync(content).readUInt32BE(deflateSync(content).length - 4)).toBe(0x11e60398);
  });
});

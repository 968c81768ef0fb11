import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeEntryHeader, encodeEntryHeader, entryHeaderLength } from "./pack_entry.ts";
import { holdsOrIsRefused } from "./refusal_for_tests.ts";

describe("encodeEntryHeader()", () => {
  test("is read back by decodeEntryHeader()", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("commit", "tree", "blob", "tag"),
        fc.oneof(fc.maxSafeNat(), fc.nat(5000)),
        (type, size) => {
          const bytes = encodeEntryHeader(type, size);
          expect(bytes.length).toBe(entryHeaderLength(size));
          expect(decodeEntryHeader(Buffer.concat([bytes, Buffer.of(0x78, 0x9c)]))).toEqual({
            kind: "whole",
            type,
            size,
            length: bytes.length,
          });
        },
      ),
    );
  });

  test("has four bits of the size in the first byte and seven in the others", () => {
    expect(encodeEntryHeader("blob", 15)).toEqual(Buffer.of(0x3f));
    expect(encodeEntryHeader("blob", 16)).toEqual(Buffer.of(0xb0, 0x01));
    expect(encodeEntryHeader("tree", 0x7ff)).toEqual(Buffer.of(0xaf, 0x7f));
    expect(encodeEntryHeader("tree", 0x800)).toEqual(Buffer.of(0xa0, 0x80, 0x01));
  });
});

describe("decodeEntryHeader()", () => {
  test("reads the distance of an offset delta's base", () => {
    // gitformat-pack: 0x80 0x00 is 128, since one is added for the byte that follows.
    expect(decodeEntryHeader(Buffer.of(0x65, 0x80, 0x00))).toEqual({
      kind: "ofs-delta",
      size: 5,
      length: 3,
      distance: 128,
    });
  });

  test("reads the id of a reference delta's base", () => {
    const baseId = Buffer.alloc(20, 0xab);
    expect(decodeEntryHeader(Buffer.concat([Buffer.of(0x75), baseId]))).toEqual({
      kind: "ref-delta",
      size: 5,
      length: 21,
      baseId: new Uint8Array(baseId),
    });
  });

  test("refuses whatever is no header with STORE", () => {
    for (const bytes of [[], [0x05], [0x55], [0xb0], [0x65], [0x65, 0x80], [0x75, 1, 2]]) {
      expect(() => decodeEntryHeader(Buffer.from(bytes))).toThrow("header is damaged");
    }
    expect(() => decodeEntryHeader(Buffer.alloc(40, 0xff))).toThrow("out of range");
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const check = () => decodeEntryHeader(bytes).length <= bytes.length;
        expect(holdsOrIsRefused(check)).toBe(true);
      }),
    );
  });
});

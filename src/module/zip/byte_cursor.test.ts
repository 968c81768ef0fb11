import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteCursor } from "./byte_cursor.ts";
import { ByteWriter } from "./byte_writer.ts";

test("a cursor reads what a writer wrote", () => {
  const values = fc.tuple(
    fc.nat(0xffff),
    fc.nat(0xffffffff),
    fc.nat(Number.MAX_SAFE_INTEGER),
    fc.uint8Array(),
  );
  fc.assert(
    fc.property(values, ([short, long, large, bytes]) => {
      const written = new ByteWriter(14 + bytes.length)
        .uint16(short)
        .uint32(long)
        .uint64(large)
        .bytes(bytes)
        .finish();
      const cursor = new ByteCursor(written, "test");
      expect([cursor.uint16(), cursor.uint32(), cursor.uint64()]).toEqual([short, long, large]);
      expect(cursor.bytes(bytes.length)).toEqual(bytes);
      expect(cursor.remaining).toBe(0);
    }),
  );
});

test("every read past the end is refused", () => {
  const reads: readonly ((cursor: ByteCursor) => unknown)[] = [
    (cursor) => cursor.uint16(),
    (cursor) => cursor.uint32(),
    (cursor) => cursor.uint64(),
    (cursor) => cursor.bytes(2),
    (cursor) => cursor.skip(2),
  ];
  for (const read of reads) {
    expect(() => read(new ByteCursor(Uint8Array.of(1), "the thing"))).toThrow(
      "the thing is truncated",
    );
  }
});

test("a 64-bit value past 2^53 is refused", () => {
  const cursor = new ByteCursor(new Uint8Array(8).fill(0xff), "the thing");
  expect(() => cursor.uint64()).toThrow("the thing holds an absurd 64-bit value");
});

test("a writer refuses to write more or less than was announced", () => {
  expect(() => new ByteWriter(4).uint16(1).finish()).toThrow(RangeError);
  expect(() => new ByteWriter(2).uint32(1)).toThrow(RangeError);
});

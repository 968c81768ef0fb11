import fc from "fast-check";
import { expect, test } from "vitest";
import { isGomodfsError } from "../../lib/gomodfs_error.ts";
import { XdrReader } from "./xdr_reader.ts";
import { XdrWriter } from "./xdr_writer.ts";

/** One primitive with its value. */
const primitive = fc.oneof(
  fc.record({ kind: fc.constant("u32" as const), value: fc.nat({ max: 0xffff_ffff }) }),
  fc.record({ kind: fc.constant("u64" as const), value: fc.maxSafeNat() }),
  fc.record({ kind: fc.constant("bool" as const), value: fc.boolean() }),
  fc.record({ kind: fc.constant("opaque" as const), value: fc.uint8Array({ maxLength: 9000 }) }),
  fc.record({ kind: fc.constant("fixed" as const), value: fc.uint8Array({ maxLength: 40 }) }),
  fc.record({
    kind: fc.constant("string" as const),
    value: fc.string({ unit: "grapheme", maxLength: 50 }),
  }),
);
type Primitive = typeof primitive extends fc.Arbitrary<infer T> ? T : never;

test("what is written is read again, in whole units", () => {
  fc.assert(
    fc.property(fc.array(primitive, { maxLength: 20 }), (primitives) => {
      const writer = new XdrWriter();
      for (const item of primitives) write(writer, item);
      expect(writer.length % 4).toBe(0);
      const reader = new XdrReader(writer.bytes);
      for (const item of primitives) expect(read(reader, item)).toEqual(plain(item));
      expect(reader.remaining).toBe(0);
    }),
  );
});

test("the bytes are those of RFC 4506", () => {
  const writer = new XdrWriter();
  writer.u32(1);
  writer.u64(2 ** 32 + 2);
  writer.bool(true);
  writer.string("sillyprog");
  // The string is RFC 4506's own example (section 7).
  expect(writer.bytes.toString("hex")).toBe(
    "000000010000000100000002000000010000000973696c6c7970726f67000000",
  );
});

test("memory grows at whatever primitive it has to", () => {
  for (const start of [4092, 4096, 8188, 8192]) {
    const writer = new XdrWriter();
    writer.zeros(start / 4);
    writer.u32(1);
    writer.u64(2);
    expect(writer.bytes.toString("hex", start)).toBe("000000010000000000000002");
  }
});

test("whatever comes, reading ends with a value within bounds or an error", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.array(primitive), (bytes, primitives) => {
      const reader = new XdrReader(bytes);
      try {
        for (const item of primitives) read(reader, item);
      } catch (error) {
        if (!isGomodfsError(error, "PROTOCOL")) throw error;
      }
      expect(reader.remaining).toBeGreaterThanOrEqual(0);
    }),
  );
});

test("lengths are checked before anything is allocated", () => {
  const lying = new XdrReader(Buffer.from("fffffffc00000000", "hex"));
  expect(() => lying.opaque(2 ** 32)).toThrow("XDR ends");
  const long = new XdrReader(Buffer.from("0000000400000000", "hex"));
  expect(() => long.opaque(3)).toThrow("4 bytes of XDR where 3 are allowed");
  expect(() => new XdrReader(Buffer.from("ffffffff", "hex")).u32Array(16)).toThrow(
    "16 are allowed",
  );
  expect(() => new XdrReader(Buffer.from("00000002", "hex")).bool()).toThrow("no boolean");
});

function write(writer: XdrWriter, item: Primitive): void {
  switch (item.kind) {
    case "u32":
      writer.u32(item.value);
      break;
    case "u64":
      writer.u64(item.value);
      break;
    case "bool":
      writer.bool(item.value);
      break;
    case "opaque":
      writer.opaque(item.value);
      break;
    case "fixed":
      writer.fixedOpaque(item.value);
      break;
    case "string":
      writer.string(item.value);
      break;
  }
}

function read(reader: XdrReader, item: Primitive): unknown {
  switch (item.kind) {
    case "u32":
      return reader.u32();
    case "u64":
      return reader.u64();
    case "bool":
      return reader.bool();
    case "opaque":
      return Buffer.from(reader.opaque(9000));
    case "fixed":
      return Buffer.from(reader.fixedOpaque(item.value.length));
    case "string":
      return reader.opaque(9000).toString("utf8");
  }
}

function plain({ value }: Primitive): unknown {
  return value instanceof Uint8Array ? Buffer.from(value) : value;
}

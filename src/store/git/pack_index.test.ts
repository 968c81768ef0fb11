import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodePackIndex, PackIndex } from "./pack_index.ts";
import { holdsOrIsRefused } from "./refusal_for_tests.ts";

const idBytes = fc.uint8Array({ minLength: 20, maxLength: 20 });
const entries = fc.uniqueArray(
  fc.record({
    id: idBytes,
    crc32: fc.nat(0xffffffff),
    offset: fc.oneof(fc.nat(0x7fffffff), fc.integer({ min: 0x7fffffff, max: 2 ** 50 })),
  }),
  { selector: ({ id }) => Buffer.from(id).toString("hex"), maxLength: 300 },
);
const CHECKSUM = Buffer.alloc(20, 0xcc);

describe("PackIndex", () => {
  test("finds what encodePackIndex() wrote, also behind 2 GiB", () => {
    fc.assert(
      fc.property(entries, idBytes, (rows, other) => {
        const index = new PackIndex(encodePackIndex(rows, CHECKSUM), "test.idx");
        expect(index.count).toBe(rows.length);
        for (const { id, crc32, offset } of rows) {
          const position = index.find(id);
          expect(Buffer.compare(index.id(position), id)).toBe(0);
          expect(index.has(position, id)).toBe(true);
          expect(index.crc32(position)).toBe(crc32);
          expect(index.offset(position)).toBe(offset);
        }
        const known = rows.some(({ id }) => Buffer.compare(id, other) === 0);
        expect(index.find(other) >= 0).toBe(known);
      }),
    );
  });

  test("refuses damaged files with STORE", () => {
    const good = encodePackIndex([{ id: Buffer.alloc(20, 7), crc32: 1, offset: 12 }], CHECKSUM);
    expect(() => new PackIndex(Buffer.alloc(0), "a.idx")).toThrow("a.idx is not a pack index");
    expect(() => new PackIndex(good.subarray(0, -3), "a.idx")).toThrow("do not fit");
    const version = Buffer.from(good);
    version.writeUInt32BE(3, 4);
    expect(() => new PackIndex(version, "a.idx")).toThrow("another version");
    const fanOut = Buffer.from(good);
    fanOut.writeUInt32BE(9, 8);
    expect(() => new PackIndex(fanOut, "a.idx")).toThrow("do not fit");
    const huge = Buffer.from(good);
    huge.writeUInt32BE(0xffffffff, 8 + 255 * 4);
    expect(() => new PackIndex(huge, "a.idx")).toThrow("do not fit");
  });

  test("answers about damaged bytes or throws STORE, nothing else", () => {
    const rows = [1, 2, 3].map((byte) => ({ id: Buffer.alloc(20, byte), crc32: 1, offset: 12 }));
    const good = encodePackIndex(rows, CHECKSUM);
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, value) => {
        const bytes = Buffer.from(good);
        bytes[at] = value;
        const check = () => {
          const index = new PackIndex(bytes, "a.idx");
          const position = index.find(Buffer.alloc(20, 2));
          return position < 0 || index.offset(position) >= 0;
        };
        expect(holdsOrIsRefused(check)).toBe(true);
      }),
    );
  });
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { ObjectTable } from "./object_table.ts";
import { encodePackIndex, PackIndex } from "./pack_index.ts";

/** Ids that share their first four bytes, which the table hashes by, and ids that do not. */
const id = fc
  .tuple(fc.constantFrom("00000000", "00000fff", "ffffffff", "12345678"), fc.nat(0xffff))
  .map(([prefix, rest]) => Buffer.from(prefix + rest.toString(16).padStart(32, "0"), "hex"));
const pack = fc
  .uniqueArray(id, { selector: (bytes) => bytes.toString("hex"), maxLength: 60 })
  .map((ids) => {
    const rows = ids.map((bytes, row) => ({ id: bytes, crc32: 0, offset: 12 + row }));
    return { index: new PackIndex(encodePackIndex(rows, Buffer.alloc(20)), "test.idx") };
  });

test("ObjectTable finds every copy, the oldest pack's first", () => {
  fc.assert(
    fc.property(fc.array(pack, { maxLength: 8 }), id, (packs, other) => {
      const table = new ObjectTable(packs);
      const ids = packs.flatMap(({ index }) =>
        Array.from({ length: index.count }, (_, position) => index.id(position)),
      );
      for (const wanted of [...ids, other]) {
        const expected = packs
          .map((each) => ({ pack: each, position: each.index.find(wanted) }))
          .filter(({ position }) => position >= 0);
        expect([...table.locations(wanted)]).toEqual(expected);
      }
    }),
  );
});

test("ObjectTable grows with the packs that are added", () => {
  const table = new ObjectTable<{ index: PackIndex }>();
  const ids = Array.from({ length: 20 }, (_, number) =>
    Array.from({ length: 700 }, (__, row) => {
      const bytes = Buffer.alloc(20, number);
      bytes.writeUInt32BE((row * 2654435761) >>> 0, 0);
      return bytes;
    }),
  );
  for (const rows of ids) {
    const entries = rows.map((bytes) => ({ id: bytes, crc32: 0, offset: 12 }));
    table.add({ index: new PackIndex(encodePackIndex(entries, Buffer.alloc(20)), "test.idx") });
  }
  for (const bytes of ids.flat()) expect([...table.locations(bytes)].length).toBe(1);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { RecordDecoder } from "./record_decoder.ts";
import { LAST_FRAGMENT } from "./record_mark.ts";

const MAXIMUM = 4096;

test("records come out whole, however they are cut into fragments and chunks", () => {
  const fragments = fc.array(fc.uint8Array({ maxLength: 60 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(
      fc.array(fragments),
      fc.infiniteStream(fc.integer({ min: 1, max: 50 })),
      (records, cuts) => {
        const decoder = new RecordDecoder(MAXIMUM);
        const decoded: Buffer[] = [];
        for (const chunk of cut(Buffer.concat(records.map(encode)), cuts)) {
          decoder.push(chunk);
          for (let next = decoder.next(); next !== undefined; next = decoder.next()) {
            decoded.push(Buffer.from(next));
          }
        }
        expect(decoded).toEqual(records.map((record) => Buffer.concat(record)));
        expect(decoder.buffered).toBe(0);
      },
    ),
  );
});

test("a record that is too long is refused before it has come", () => {
  const decoder = new RecordDecoder(MAXIMUM);
  decoder.push(mark(MAXIMUM + 1, true));
  expect(() => decoder.next()).toThrow("4097 bytes or more, where 4096 are allowed");
});

test("fragments count together, and empty ones too", () => {
  const long = new RecordDecoder(MAXIMUM);
  long.push(Buffer.concat([mark(MAXIMUM, false), Buffer.alloc(MAXIMUM), mark(1, true)]));
  expect(() => long.next()).toThrow("where 4096 are allowed");
  const many = new RecordDecoder(MAXIMUM);
  many.push(Buffer.concat(Array.from({ length: 100 }, () => mark(0, false))));
  expect(() => many.next()).toThrow("more than 64 fragments");
});

test("what comes byte by byte is kept in one piece", () => {
  const decoder = new RecordDecoder(MAXIMUM);
  const bytes = encode([Buffer.alloc(1000, 5)]);
  for (const byte of bytes.subarray(0, -1)) {
    decoder.push(Buffer.of(byte));
    expect(decoder.next()).toBeUndefined();
  }
  decoder.push(bytes.subarray(-1));
  expect(decoder.next()).toEqual(Buffer.alloc(1000, 5));
});

function encode(fragments: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    fragments.flatMap((fragment, index) => [
      mark(fragment.length, index === fragments.length - 1),
      fragment,
    ]),
  );
}

function mark(length: number, isLast: boolean): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length + (isLast ? LAST_FRAGMENT : 0));
  return bytes;
}

function* cut(bytes: Buffer, lengths: IterableIterator<number>): Generator<Buffer> {
  let start = 0;
  for (const length of lengths) {
    if (start >= bytes.length) return;
    yield bytes.subarray(start, start + length);
    start += length;
  }
}

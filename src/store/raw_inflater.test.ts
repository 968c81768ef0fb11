import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RawInflater } from "./raw_inflater.ts";

const inflater = new RawInflater();

/** Inflates with pieces of these lengths. */
function inflate(stream: Uint8Array, inputLength: number, outputLength: number): Buffer {
  const output = new Uint8Array(outputLength);
  const pieces: Buffer[] = [];
  inflater.start();
  let consumed = 0;
  for (let ended = false; !ended; ) {
    const input = stream.subarray(consumed, consumed + inputLength);
    const isLast = consumed + input.length === stream.length;
    ended = inflater.step(input, isLast, output, 0, output.length);
    consumed += inflater.consumed;
    pieces.push(Buffer.from(output.slice(0, inflater.produced)));
  }
  expect(consumed).toBe(stream.length);
  return Buffer.concat(pieces);
}

describe("RawInflater", () => {
  test("inflates what was deflated, with pieces of any length", () => {
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 3000 }),
      fc.string({ maxLength: 20 }).map((text) => Buffer.from(text.repeat(200))),
    );
    const length = fc.integer({ min: 1, max: 5000 });
    fc.assert(
      fc.property(content, length, length, (bytes, inputLength, outputLength) => {
        const stream = deflateRawSync(bytes);
        expect(inflate(stream, inputLength, outputLength)).toEqual(Buffer.from(bytes));
      }),
    );
  });

  test("ends where the stream ends, whatever comes behind it", () => {
    const stream = deflateRawSync("content");
    const output = new Uint8Array(100);
    inflater.start();
    const input = Buffer.concat([stream, Buffer.from("another thing")]);
    expect(inflater.step(input, true, output, 10, 90)).toBe(true);
    expect(inflater.consumed).toBe(stream.length);
    expect(Buffer.from(output.subarray(10, 10 + inflater.produced)).toString()).toBe("content");
  });

  test("says what is wrong, and inflates the next stream as ever", () => {
    const stream = deflateRawSync("a content of some length, ".repeat(100));
    const output = new Uint8Array(4000);
    const step = (input: Uint8Array) => {
      inflater.start();
      return inflater.step(input, true, output, 0, output.length);
    };
    expect(() => step(stream.subarray(0, -1))).toThrow("unexpected end of file");
    expect(step(stream)).toBe(true);
    expect(() => step(Uint8Array.of(7, 7, 7))).toThrow("invalid block type");
    expect(() => step(new Uint8Array(0))).toThrow("unexpected end of file");
    expect(step(stream)).toBe(true);
    expect(inflater.produced).toBe(2600);
  });
});

import { inflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Adler32 } from "./adler32.ts";
import { storedZlibStream } from "./zlib_stream.ts";

const adler32 = new Adler32();

describe("storedZlibStream()", () => {
  test.each([0, 1, 65_534, 65_535, 65_536, 131_070, 200_000])(
    "holds %d bytes as they are",
    (length) => {
      const content = Buffer.alloc(length, "some content");
      expect(inflateSync(storedZlibStream(content, adler32.compute(content)))).toEqual(content);
    },
  );

  test("holds any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (content) => {
        const stream = storedZlibStream(content, adler32.compute(content));
        expect(inflateSync(stream)).toEqual(Buffer.from(content));
      }),
    );
  });
});

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { LineDecoder } from "./line_decoder.ts";

const line = fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\n", " "));

test("LineDecoder gives the lines however the bytes are cut", () => {
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat(50)), line, (lines, cuts, unfinished) => {
      const bytes = Buffer.from(lines.map((text) => `${text}\n`).join("") + unfinished);
      const decoder = new LineDecoder(1 << 20);
      const decoded: string[] = [];
      let rest = bytes;
      for (const cut of [...cuts, bytes.length]) {
        decoded.push(...decoder.push(rest.subarray(0, cut)));
        rest = rest.subarray(cut);
      }
      expect(decoded).toEqual(lines);
      expect(decoder.pending).toBe(Buffer.byteLength(unfinished));
    }),
  );
});

test("LineDecoder refuses a line over its bound, also one that has not ended", () => {
  expect([...new LineDecoder(4).push(Buffer.from("abcd\nefgh\n"))]).toEqual(["abcd", "efgh"]);
  for (const pieces of [["abcde\n"], ["abcde"], ["ab", "cde"]]) {
    const decoder = new LineDecoder(4);
    const push = () => pieces.map((piece) => [...decoder.push(Buffer.from(piece))]);
    expect(push).toThrow(new GomodfsError("TOO_LARGE", "a line is longer than 4 bytes"));
  }
});

test("LineDecoder refuses what is not UTF-8", () => {
  const push = () => [...new LineDecoder(9).push(Uint8Array.of(0x61, 0xff, 0x0a))];
  expect(push).toThrow(new GomodfsError("PROTOCOL", "a line is not UTF-8"));
});

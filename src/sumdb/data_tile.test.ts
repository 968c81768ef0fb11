import fc from "fast-check";
import { expect, it } from "vitest";
import { isGomodfsError } from "../lib/gomodfs_error.ts";
import { joinDataTile, splitDataTile } from "./data_tile.ts";

/** Records' texts: lines that are not empty. */
const texts = fc.array(
  fc
    .array(fc.stringMatching(/^[a-z0-9 :/.]{1,20}$/), { minLength: 1, maxLength: 3 })
    .map((lines) => Buffer.from(`${lines.join("\n")}\n`)),
  { minLength: 1, maxLength: 20 },
);

it("a data tile is split into the records that it was made of, and cut after any of them", () => {
  fc.assert(
    fc.property(texts, fc.nat(), (records, seed) => {
      const tile = joinDataTile(records, records.length);
      const split = splitDataTile(tile, records.length);
      expect(split.map((text) => Buffer.from(text))).toEqual(records);
      const count = 1 + (seed % records.length);
      const cut = joinDataTile(split, count);
      expect(tile.subarray(0, cut.length)).toEqual(Buffer.from(cut));
      expect(splitDataTile(cut, count)).toHaveLength(count);
    }),
  );
});

it.each([
  ["a\n\n", 2],
  ["a\n\nb\n\n", 1],
  ["a\n\nb\n", 1],
  ["a\n\nb\n", 2],
  ["", 1],
])("%j is no data tile of %i records", (text, count) => {
  expect(() => splitDataTile(Buffer.from(text), count)).toThrow(
    `a data tile does not have ${count} records`,
  );
});

it("no bytes make splitting fail in another way", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.integer({ min: 1, max: 256 }), (data, count) => {
      const outcome = attempt(() => splitDataTile(data, count));
      const isExpected = Array.isArray(outcome)
        ? outcome.length === count
        : isGomodfsError(outcome, "PROTOCOL");
      expect(isExpected).toBe(true);
    }),
  );
});

function attempt(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}

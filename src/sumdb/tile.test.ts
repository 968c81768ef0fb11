import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import {
  hashFromTile,
  newTiles,
  parseTilePath,
  readTileData,
  tileForIndex,
  tilePath,
} from "./tile.ts";

const tiles = fc
  .record({
    height: fc.integer({ min: 1, max: 30 }),
    level: fc.integer({ min: -1, max: 63 }),
    number: fc.maxSafeNat(),
  })
  .chain((tile) =>
    fc.integer({ min: 1, max: 2 ** tile.height }).map((width) => ({ ...tile, width })),
  );

describe("tilePath()", () => {
  // From golang.org/x/mod, BSD-3-Clause.
  test.each([
    ["tile/4/0/001", { height: 4, level: 0, number: 1, width: 16 }],
    ["tile/4/0/001.p/5", { height: 4, level: 0, number: 1, width: 5 }],
    ["tile/3/5/x123/x456/078", { height: 3, level: 5, number: 123456078, width: 8 }],
    ["tile/3/5/x123/x456/078.p/2", { height: 3, level: 5, number: 123456078, width: 2 }],
    ["tile/1/0/x003/x057/500", { height: 1, level: 0, number: 3057500, width: 2 }],
    ["tile/1/data/x003/x057/500", { height: 1, level: -1, number: 3057500, width: 2 }],
  ])("spells %s", (path, tile) => {
    expect(tilePath(tile)).toBe(path);
    expect(parseTilePath(path)).toEqual(tile);
  });

  test("is undone by parseTilePath()", () => {
    fc.assert(
      fc.property(tiles, (tile) => {
        expect(parseTilePath(tilePath(tile))).toEqual(tile);
      }),
    );
  });
});

describe("parseTilePath()", () => {
  test.each([
    "tile/3/5/123/456/078",
    "tile/3/-1/123/456/078",
    "tile/0/0/000",
    "tile/31/0/000",
    "tile/8/0/000.p/256",
    "tile/8/0/000.p/0",
    "tile/8/0/000.p/05",
    "tile/8/0/x000/000",
    "tile/08/0/000",
    "tile/8/0/00",
    "tile/8/0",
    "/tile/8/0/000",
    "tile/8/100000000000000000000/000",
    `tile/8/0/${"x001/".repeat(100)}000`,
    "tile/8/0/x999/x999/x999/x999/x999/x999/999",
    "",
  ])("refuses %j", (path) => {
    expect(() => parseTilePath(path)).toThrow("malformed tile path");
  });

  test("answers anything with a tile or a GomodfsError", () => {
    const text = fc.string({ unit: fc.constantFrom(..."tile/0123456789x.pda".split("")) });
    fc.assert(
      fc.property(text, (path) => {
        const given = `tile/${path}`;
        expect(outcome(() => tilePath(parseTilePath(given)))).toBeOneOf([given, GomodfsError.name]);
      }),
    );
  });
});

describe("newTiles()", () => {
  // From golang.org/x/mod, BSD-3-Clause.
  test.each([
    [1, 1, 0],
    [100, 101, 1],
    [1023, 1025, 3],
    [1024, 1030, 1],
    [1030, 2000, 1],
    [1030, 10000, 10],
    [49516517, 49516586, 3],
  ])("for growth from %d to %d lists %d tiles", (older, newer, count) => {
    expect(newTiles(10, older, newer)).toHaveLength(count);
  });

  test("refuses to list too many", () => {
    expect(() => newTiles(1, 2 ** 49, 2 ** 50)).toThrow(
      expect.objectContaining({ code: "TOO_LARGE" }),
    );
  });
});

test("a tile cannot have any height", () => {
  for (const height of [0, -1, 31, 1.5]) expect(() => tileForIndex(height, 5)).toThrow("height");
});

test("a hash is only read from its tile", () => {
  const tile = { height: 2, level: 0, number: 0, width: 4 };
  expect(() => hashFromTile(tile, new Uint8Array(127), 0)).toThrow("too short");
  expect(() => hashFromTile(tile, new Uint8Array(128), 10)).toThrow(
    "hash 10 is in tile/2/0/001.p/3",
  );
  expect(() => hashFromTile({ ...tile, width: 5 }, new Uint8Array(160), 0)).toThrow("invalid tile");
  expect(() => hashFromTile({ ...tile, level: 64 }, new Uint8Array(128), 0)).toThrow(
    "invalid tile",
  );
});

test("a tile of any size is not read at once", async () => {
  const reader = { readHashes: async () => [] };
  const tile = { height: 30, level: 0, number: 0, width: 2 ** 30 };
  await expect(readTileData(tile, reader)).rejects.toThrow(
    expect.objectContaining({ code: "TOO_LARGE" }),
  );
});

/** What `action` returns, or the name of the error that it throws. */
function outcome(action: () => string): string {
  try {
    return action();
  } catch (error) {
    return error instanceof GomodfsError ? GomodfsError.name : String(error);
  }
}

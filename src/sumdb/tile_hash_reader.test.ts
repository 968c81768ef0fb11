import { beforeAll, describe, expect, test } from "vitest";
import { MemoryDatabase } from "../../test/sumdb_oracle/memory_database.ts";
import { HASH_SIZE, type Hash } from "./hash.ts";
import { locateHash, readTileData, type Tile, tilePath } from "./tile.ts";
import {
  type AuthenticTile,
  type TileData,
  TileHashReader,
  type TileReader,
} from "./tile_hash_reader.ts";
import { storedHashCount, type Tree, treeHash } from "./tlog.ts";

/** The tiles of a log, of which some hash may be wrong. */
class TestTiles implements TileReader {
  readonly height = MemoryDatabase.tileHeight;
  readonly #log: MemoryDatabase;
  readonly reads: (readonly Tile[])[] = [];
  readonly saved: AuthenticTile[] = [];
  /** The stored hash index of the hash that is wrong. */
  wrong: number | undefined;
  /** Whether what is wrong is so only in the cache. */
  isCacheWrong = false;

  constructor(log: MemoryDatabase) {
    this.#log = log;
  }

  async readTiles(tiles: readonly Tile[], freshness: "any" | "remote"): Promise<TileData[]> {
    this.reads.push(tiles);
    const isWrong = freshness === "any" || !this.isCacheWrong;
    const origin = this.isCacheWrong && freshness === "any" ? "cache" : "remote";
    return Promise.all(
      tiles.map(async (tile) => {
        const data = Uint8Array.from(await readTileData(tile, this.#log));
        if (isWrong) this.#damage(tile, data);
        return { data, origin };
      }),
    );
  }

  async saveTiles(tiles: readonly AuthenticTile[]): Promise<void> {
    this.saved.push(...tiles);
  }

  #damage(tile: Tile, data: Uint8Array): void {
    if (this.wrong === undefined) return;
    const { tile: least, start, end } = locateHash(this.height, this.wrong);
    if (tile.level === least.level && tile.number === least.number) data.fill(0, start, end);
  }
}

const SIZES = [1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 40, 64, 65, 85];

describe.each(SIZES)("a tree of %d records", (size) => {
  const indexes = Array.from({ length: storedHashCount(size) }, (_, i) => i);
  let log: MemoryDatabase;
  let tree: Tree;
  let hashes: Hash[];

  beforeAll(async () => {
    log = MemoryDatabase.empty();
    for (let n = 0; n < size; n++) await log.append(`leaf ${n}\n`);
    tree = { size, hash: await treeHash(size, log) };
    hashes = await log.readHashes(indexes);
  });

  test("gives each tile, however little of it is asked for, and none that it does not have", async () => {
    const reader = new TileHashReader(tree, new TestTiles(log));
    const { height } = new TestTiles(log);
    for (let level = 0; level < 5; level++) {
      for (let number = 0; number * 4 ** (level + 1) < size + 1; number++) {
        for (let width = 1; width <= 4; width++) {
          const tile = { height, level, number, width };
          const isInTree = number * 4 + width <= Math.floor(size / 4 ** level);
          const expected = isInTree ? await readTileData(tile, log) : undefined;
          const data = await reader.readTile(tile);
          expect(data && Buffer.from(data)).toEqual(expected && Buffer.from(expected));
        }
      }
    }
    const other = { height: height + 1, level: 0, number: 0, width: 1 };
    expect(await reader.readTile(other)).toBeUndefined();
    expect(await reader.readTile({ height, level: -1, number: 0, width: 1 })).toBeUndefined();
  });

  test("gives each hash, alone and together with all others", async () => {
    const tiles = new TestTiles(log);
    expect(await new TileHashReader(tree, tiles).readHashes(indexes)).toEqual(hashes);
    for (const index of indexes) {
      expect(await new TileHashReader(tree, new TestTiles(log)).readHashes([index])).toEqual([
        hashes[index],
      ]);
    }
    for (const { tile, data } of tiles.saved) {
      expect(Buffer.compare(data, await readTileData(tile, log))).toBe(0);
    }
  });

  test("is never believed if any hash is wrong", async () => {
    for (const index of indexes) {
      const tiles = new TestTiles(log);
      tiles.wrong = index;
      const reader = new TileHashReader(tree, tiles);
      await expect(reader.readHashes([index])).rejects.toThrow("downloaded inconsistent tile");
      await expect(reader.readHashes(indexes)).rejects.toThrow("downloaded inconsistent tile");
      expect(tiles.saved).toEqual([]);
    }
  });

  test("is read again if a cache is what is wrong", async () => {
    for (const index of indexes) {
      const tiles = new TestTiles(log);
      tiles.wrong = index;
      tiles.isCacheWrong = true;
      expect(await new TileHashReader(tree, tiles).readHashes([index])).toEqual([hashes[index]]);
      expect(tiles.reads).toHaveLength(2);
    }
  });

  test("reads each tile once", async () => {
    const tiles = new TestTiles(log);
    const reader = new TileHashReader(tree, tiles);
    for (const index of indexes) await reader.readHashes([index]);
    const paths = tiles.reads.flat().map(tilePath);
    expect(paths).toHaveLength(new Set(paths).size);
  });

  test("has no hashes outside", async () => {
    const reader = new TileHashReader(tree, new TestTiles(log));
    await expect(reader.readHashes([storedHashCount(size)])).rejects.toThrow("not in the tree");
    await expect(reader.readHashes([-1])).rejects.toThrow("not in the tree");
  });

  test("needs tiles of the right size", async () => {
    const tiles = new TestTiles(log);
    const short: TileReader = {
      height: tiles.height,
      readTiles: async (wanted) =>
        (await tiles.readTiles(wanted, "any")).map(({ data, origin }) => ({
          data: data.subarray(0, data.length - HASH_SIZE),
          origin,
        })),
      saveTiles: (authentic) => tiles.saveTiles(authentic),
    };
    await expect(new TileHashReader(tree, short).readHashes([0])).rejects.toThrow(
      /has \d+ bytes, not/,
    );
  });
});

test("the empty tree has no hashes", async () => {
  const log = MemoryDatabase.empty();
  const reader = new TileHashReader({ size: 0, hash: await treeHash(0, log) }, new TestTiles(log));
  expect(await reader.readHashes([])).toEqual([]);
  await expect(reader.readHashes([0])).rejects.toThrow("not in the tree");
});

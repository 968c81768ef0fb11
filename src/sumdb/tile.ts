import { GomodfsError } from "../lib/gomodfs_error.ts";
import { HASH_SIZE, type Hash, nodeHash, toHash } from "./hash.ts";
import { type HashReader, readAll, splitStoredHashIndex, storedHashIndex } from "./tlog.ts";

/**
 * A part of a transparency log: `width` consecutive hashes of the tree's level `height * level`, from the hash
 * `number * 2**height` on. golang.org/x/mod/sumdb/tlog.Tile names the fields H, L, N and W.
 */
export interface Tile {
  /** 1 to 30. */
  readonly height: number;
  /** 0 to 63 for hashes, -1 for the records themselves. */
  readonly level: number;
  readonly number: number;
  /** 1 to `2**height`; less than that is a partial tile. */
  readonly width: number;
}

/** Where a hash is: in `tile`, computed from its bytes [start, end). */
export interface TileRange {
  readonly tile: Tile;
  readonly start: number;
  readonly end: number;
}

const MAX_HEIGHT = 30;
const MAX_LEVEL = 63;

/** Tiles that {@linkcode newTiles} lists at most: a publisher that has more to write has to go in steps. */
const MAX_NEW_TILES = 1_000_000;

/** Hashes that {@linkcode readTileData} reads at most: a tile of 2 MiB, where real ones have 8 KiB. */
const MAX_TILE_READ = 2 ** 16;

/** Long enough for the largest height, level and number. */
const MAX_PATH_LENGTH = 128;

/** A tile's number is spelled three digits a path element: no directory has more than 3000 entries. */
const PATH_BASE = 1000;

/** The width of a complete tile. */
export function fullWidth(tile: Tile): number {
  return 2 ** tile.height;
}

/** The complete tile that a partial one will become. */
export function fullTile(tile: Tile): Tile {
  return { ...tile, width: fullWidth(tile) };
}

/** Bytes of a tile of hashes. */
export function tileSize(tile: Tile): number {
  return tile.width * HASH_SIZE;
}

/**
 * The smallest tile of the given height that has the hash with the stored hash index `index`.
 *
 * @throws GomodfsError `INVALID` if the height is less than 1 or more than 30
 */
export function tileForIndex(height: number, index: number): Tile {
  return locateHash(height, index).tile;
}

/** {@linkcode tileForIndex}, with the place of the hash in it. */
export function locateHash(height: number, index: number): TileRange {
  checkHeight(height);
  const { level, n } = splitStoredHashIndex(index);
  const tileLevel = Math.floor(level / height);
  const span = 2 ** (level - tileLevel * height);
  const number = Math.floor((n * span) / 2 ** height);
  const first = n - (number * 2 ** height) / span;
  const tile = { height, level: tileLevel, number, width: (first + 1) * span };
  return { tile, start: first * span * HASH_SIZE, end: (first + 1) * span * HASH_SIZE };
}

/**
 * Computes the hash with the stored hash index `index` from the data of `tile`, which is
 * {@linkcode tileForIndex}`(tile.height, index)` or a wider version of it.
 *
 * @throws GomodfsError `INVALID` if the hash is not in the tile, `PROTOCOL` if the data are too short
 */
export function hashFromTile(tile: Tile, data: Uint8Array, index: number): Hash {
  if (tile.level < 0 || tile.level > MAX_LEVEL || tile.width < 1 || tile.width > fullWidth(tile)) {
    throw new GomodfsError("INVALID", `invalid tile ${tilePath(tile)}`);
  }
  if (data.length < tileSize(tile)) {
    throw new GomodfsError("PROTOCOL", `${data.length} bytes are too short for ${tilePath(tile)}`);
  }
  const { tile: least, start, end } = locateHash(tile.height, index);
  if (tile.level !== least.level || tile.number !== least.number || tile.width < least.width) {
    throw new GomodfsError(
      "INVALID",
      `hash ${index} is in ${tilePath(least)}, not in ${tilePath(tile)}`,
    );
  }
  return subtreeHash(data.subarray(start, end));
}

/** The hash of the complete subtree whose leaves are the hashes in `data`, of which there are a power of two. */
export function subtreeHash(data: Uint8Array): Hash {
  if (data.length <= HASH_SIZE) return toHash(data);
  const middle = data.length / 2;
  return nodeHash(subtreeHash(data.subarray(0, middle)), subtreeHash(data.subarray(middle)));
}

/**
 * The tiles that a server has to publish when its tree grows.
 *
 * @throws GomodfsError `TOO_LARGE` if they are more than a million, `INVALID` if the height is wrong
 */
export function newTiles(height: number, oldTreeSize: number, newTreeSize: number): Tile[] {
  checkHeight(height);
  const tiles: Tile[] = [];
  const full = 2 ** height;
  for (let level = 0; newTreeSize >= 2 ** (height * level); level++) {
    const oldHashes = Math.floor(oldTreeSize / 2 ** (height * level));
    const newHashes = Math.floor(newTreeSize / 2 ** (height * level));
    if (oldHashes === newHashes) continue;
    const last = Math.floor(newHashes / full);
    for (let number = Math.floor(oldHashes / full); number < last; number++) {
      if (tiles.length >= MAX_NEW_TILES) {
        throw new GomodfsError(
          "TOO_LARGE",
          `growth to ${newTreeSize} records needs too many tiles at once`,
        );
      }
      tiles.push({ height, level, number, width: full });
    }
    const width = newHashes - last * full;
    if (width > 0) tiles.push({ height, level, number: last, width });
  }
  return tiles;
}

/**
 * Reads the data of a tile from a tree's hashes.
 *
 * @throws GomodfsError `TOO_LARGE` past 65536 hashes, and whatever `reader` throws
 */
export async function readTileData(tile: Tile, reader: HashReader): Promise<Uint8Array> {
  if (tile.width > MAX_TILE_READ)
    throw new GomodfsError("TOO_LARGE", `${tilePath(tile)} is too wide`);
  const first = tile.number * fullWidth(tile);
  const indexes = Array.from({ length: tile.width }, (_, i) =>
    storedHashIndex(tile.height * tile.level, first + i),
  );
  return Buffer.concat(await readAll(reader, indexes));
}

/** The path of a tile: `tile/H/L/NNN[.p/W]`, where NNN is for example `x123/x456/789`. */
export function tilePath(tile: Tile): string {
  const level = tile.level === -1 ? "data" : tile.level.toString();
  const partial = tile.width === fullWidth(tile) ? "" : `.p/${tile.width}`;
  let number = threeDigits(tile.number % PATH_BASE);
  for (
    let rest = Math.floor(tile.number / PATH_BASE);
    rest > 0;
    rest = Math.floor(rest / PATH_BASE)
  ) {
    number = `x${threeDigits(rest % PATH_BASE)}/${number}`;
  }
  return `tile/${tile.height}/${level}/${number}${partial}`;
}

/**
 * The inverse of {@linkcode tilePath}. Only the one canonical spelling is understood.
 *
 * @throws GomodfsError `INVALID` if the path is malformed
 */
export function parseTilePath(path: string): Tile {
  const match =
    path.length > MAX_PATH_LENGTH
      ? null
      : /^tile\/(\d+)\/(data|\d+)\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d+))?$/.exec(path);
  if (match === null) throw malformedTilePath(path);
  const [, heightText = "", levelText = "", numberText = "", widthText] = match;
  const height = Number(heightText);
  const level = levelText === "data" ? -1 : Number(levelText);
  const number = Number(numberText.replace(/[x/]/g, ""));
  const width = widthText === undefined ? 2 ** height : Number(widthText);
  const tile = { height, level, number, width };
  const isValid = height >= 1 && height <= MAX_HEIGHT && width >= 1 && width <= 2 ** height;
  const isExact = Number.isSafeInteger(level) && Number.isSafeInteger(number);
  if (!isValid || !isExact || tilePath(tile) !== path) throw malformedTilePath(path);
  return tile;
}

/**
 * The tile `levels` above `tile` whose data include its hash (for 0: `tile` itself), as wide as the tree of `treeSize`
 * records has it.
 *
 * @returns undefined if the tree has no such tile
 */
export function tileParent(tile: Tile, levels: number, treeSize: number): Tile | undefined {
  const level = tile.level + levels;
  const number = Math.floor(tile.number / 2 ** (levels * tile.height));
  const hashes = Math.floor(treeSize / 2 ** (level * tile.height));
  const width = Math.min(fullWidth(tile), hashes - number * fullWidth(tile));
  return width > 0 ? { height: tile.height, level, number, width } : undefined;
}

function checkHeight(height: number): void {
  if (Number.isInteger(height) && height >= 1 && height <= MAX_HEIGHT) return;
  throw new GomodfsError("INVALID", `a tile cannot have the height ${height}`);
}

function threeDigits(n: number): string {
  return n.toString().padStart(3, "0");
}

function malformedTilePath(path: string): GomodfsError {
  return new GomodfsError(
    "INVALID",
    `malformed tile path ${JSON.stringify(path.slice(0, MAX_PATH_LENGTH))}`,
  );
}

import { LRUCache } from "lru-cache";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { EMPTY_TREE_HASH, equalHashes, type Hash, nodeHash } from "./hash.ts";
import {
  hashFromTile,
  locateHash,
  subtreeHash,
  type Tile,
  tileParent,
  tilePath,
  tileSize,
} from "./tile.ts";
import {
  type HashReader,
  storedHashCount,
  storedHashIndex,
  subtreeIndexes,
  type Tree,
} from "./tlog.ts";

/** The data of a tile and where they come from. Nobody changes them. */
export interface TileData {
  readonly data: Uint8Array;
  readonly origin: "cache" | "remote";
}

/** Reads the tiles of a log. What it reads from a server is suspect until {@linkcode saveTiles} says otherwise. */
export interface TileReader {
  /** The height of the tiles, 1 to 30. */
  readonly height: number;
  /**
   * The data of each tile, {@linkcode tileSize} bytes.
   *
   * @param freshness `remote` leaves every cache aside
   */
  readTiles(tiles: readonly Tile[], freshness: "any" | "remote"): Promise<readonly TileData[]>;
  /** Learns that these tiles are part of the tree and may be kept. */
  saveTiles(tiles: readonly AuthenticTile[]): Promise<void>;
}

/** A tile that is proven to be part of a tree. */
export interface AuthenticTile {
  readonly tile: Tile;
  readonly data: Uint8Array;
}

/** Tiles that are proven against one tree: 256 of 8 KiB are 2 MiB. */
const MAX_AUTHENTIC_TILES = 256;

/** Tiles to be fetched and proven: parents before children, and those of the right edge before all others. */
interface Plan {
  readonly edge: readonly Tile[];
  readonly below: readonly Tile[];
}

/**
 * Reads hashes from the tiles of a tree and proves each tile before it believes it, as
 * golang.org/x/mod/sumdb/tlog.TileHashReader: what comes back is part of the tree. A tile is proven once.
 */
export class TileHashReader implements HashReader {
  readonly #tree: Tree;
  readonly #tiles: TileReader;
  readonly #authentic = new LRUCache<string, Uint8Array>({ max: MAX_AUTHENTIC_TILES });

  constructor(tree: Tree, tiles: TileReader) {
    this.#tree = tree;
    this.#tiles = tiles;
  }

  /**
   * @throws GomodfsError `INVALID` if an index is not in the tree, `SECURITY` if the tiles do not belong to it, and
   * whatever the reader of tiles throws
   */
  async readHashes(indexes: readonly number[]): Promise<Hash[]> {
    const end = storedHashCount(this.#tree.size);
    if (indexes.some((index) => index < 0 || index >= end)) {
      throw new GomodfsError("INVALID", `a hash is not in the tree of ${this.#tree.size} records`);
    }
    const wanted = indexes.map((index) => this.#tileInTree(index));
    const known = await this.#prove(wanted);
    return indexes.map((index, i) => {
      const tile = wanted[i];
      const data = tile && known.get(tilePath(tile));
      if (tile === undefined || data === undefined) throw lostTile(index);
      return hashFromTile(tile, data, index);
    });
  }

  /**
   * The data of a tile, proven to be part of the tree.
   *
   * @returns undefined if the tree does not have all of it, or has tiles of another height
   * @throws GomodfsError `SECURITY` if the tiles do not belong to the tree, and whatever the reader of tiles throws
   */
  async readTile(tile: Tile): Promise<Uint8Array | undefined> {
    const widest = tileParent(tile, 0, this.#tree.size);
    const isInTree = widest !== undefined && widest.width >= tile.width;
    if (!isInTree || tile.height !== this.#tiles.height || tile.level < 0) return undefined;
    const known = await this.#prove([widest]);
    return known.get(tilePath(widest))?.subarray(0, tileSize(tile));
  }

  /** The data of tiles of the tree, and of those above them, by their paths. */
  async #prove(wanted: readonly Tile[]): Promise<ReadonlyMap<string, Uint8Array>> {
    const known = this.#knownTiles(wanted);
    const plan = this.#plan(wanted, known);
    for (const { tile, data } of await this.#fetchAuthentic(plan, known))
      known.set(tilePath(tile), data);
    return known;
  }

  /** The tile of a hash, as wide as the tree has it. */
  #tileInTree(index: number): Tile {
    const tile = tileParent(locateHash(this.#tiles.height, index).tile, 0, this.#tree.size);
    if (tile === undefined) throw lostTile(index);
    return tile;
  }

  /** What of `wanted` and of the tiles above is proven already: held here, so that no other read can evict it. */
  #knownTiles(wanted: readonly Tile[]): Map<string, Uint8Array> {
    const known = new Map<string, Uint8Array>();
    for (const tile of wanted) {
      for (const ancestor of this.#withAncestors(tile)) {
        const path = tilePath(ancestor);
        if (known.has(path)) break;
        const data = this.#authentic.get(path);
        if (data !== undefined) known.set(path, data);
      }
    }
    return known;
  }

  /** `tile` and the tiles above it, upwards. */
  *#withAncestors(tile: Tile): Generator<Tile> {
    let above: Tile | undefined = tile;
    for (let levels = 1; above !== undefined; levels++) {
      yield above;
      above = tileParent(tile, levels, this.#tree.size);
    }
  }

  #plan(wanted: readonly Tile[], known: ReadonlyMap<string, Uint8Array>): Plan {
    const planned = new Set<string>();
    const isNew = (tile: Tile): boolean => {
      const path = tilePath(tile);
      if (planned.has(path)) return false;
      planned.add(path);
      return true;
    };
    const edgeTiles = this.#edgeTiles();
    const unprovenWanted = wanted.filter((tile) => !known.has(tilePath(tile)));
    // Tiles of the right edge prove each other only together; the others are proven by the tile above them.
    const isEdge = new Set(edgeTiles.map(tilePath));
    const climbs = unprovenWanted.map((tile) => this.#unprovenAncestors(tile, known, isEdge));
    const edge = climbs.some((climb) => climb.reachesEdge) ? edgeTiles : [];
    for (const tile of edge) isNew(tile);
    const below = climbs.flatMap((climb) => climb.tiles.toReversed()).filter(isNew);
    return { edge, below };
  }

  /** `tile` and the tiles above it, up to the first that is proven or on the right edge. */
  #unprovenAncestors(
    tile: Tile,
    known: ReadonlyMap<string, Uint8Array>,
    isEdge: ReadonlySet<string>,
  ): { readonly tiles: Tile[]; readonly reachesEdge: boolean } {
    const tiles: Tile[] = [];
    for (const ancestor of this.#withAncestors(tile)) {
      const path = tilePath(ancestor);
      if (known.has(path)) return { tiles, reachesEdge: false };
      if (isEdge.has(path)) return { tiles, reachesEdge: true };
      tiles.push(ancestor);
    }
    // The topmost tile of a tree is always on its right edge.
    throw lostTile(storedHashIndex(tile.level * tile.height, tile.number));
  }

  /** The tiles with the hashes of the complete subtrees that make up the tree, each once, the highest first. */
  #edgeTiles(): Tile[] {
    const tiles = subtreeIndexes(0, this.#tree.size).map((index) => this.#tileInTree(index));
    return [...new Map(tiles.map((tile) => [tilePath(tile), tile])).values()];
  }

  /** Fetches and proves the tiles of a plan; once more without caches, if a cache may be what is damaged. */
  async #fetchAuthentic(
    plan: Plan,
    known: ReadonlyMap<string, Uint8Array>,
  ): Promise<AuthenticTile[]> {
    const tiles = [...plan.edge, ...plan.below];
    if (tiles.length === 0) return [];
    let read = await this.#tiles.readTiles(tiles, "any");
    let authentic = this.#authenticate(plan, read, known);
    if (authentic === undefined && read.some(({ origin }) => origin === "cache")) {
      read = await this.#tiles.readTiles(tiles, "remote");
      authentic = this.#authenticate(plan, read, known);
    }
    if (authentic === undefined) throw new GomodfsError("SECURITY", "downloaded inconsistent tile");
    for (const { tile, data } of authentic) this.#authentic.set(tilePath(tile), data);
    await this.#tiles.saveTiles(authentic);
    return authentic;
  }

  /** @returns undefined if one of the tiles does not belong to the tree; which one cannot be said */
  #authenticate(
    plan: Plan,
    read: readonly TileData[],
    known: ReadonlyMap<string, Uint8Array>,
  ): AuthenticTile[] | undefined {
    const tiles = [...plan.edge, ...plan.below].map((tile, i) => ({
      tile,
      data: checkedData(tile, read[i]),
    }));
    const data = new Map(known);
    for (const entry of tiles) data.set(tilePath(entry.tile), entry.data);
    if (plan.edge.length > 0 && !equalHashes(this.#edgeHash(data), this.#tree.hash))
      return undefined;
    const isAuthentic = tiles
      .slice(plan.edge.length)
      .every((entry) => equalHashes(subtreeHash(entry.data), this.#hashInParent(entry.tile, data)));
    return isAuthentic ? tiles : undefined;
  }

  /** The tree's hash, as the tiles of its right edge imply it. */
  #edgeHash(data: ReadonlyMap<string, Uint8Array>): Hash {
    const subtrees = subtreeIndexes(0, this.#tree.size).map((index) =>
      this.#hashIn(data, this.#tileInTree(index), index),
    );
    return subtrees.length === 0
      ? EMPTY_TREE_HASH
      : subtrees.reduceRight((right, left) => nodeHash(left, right));
  }

  /** What the tile above a complete tile says is its hash. */
  #hashInParent(tile: Tile, data: ReadonlyMap<string, Uint8Array>): Hash {
    const index = storedHashIndex((tile.level + 1) * tile.height, tile.number);
    const parent = tileParent(tile, 1, this.#tree.size);
    if (parent === undefined) throw lostTile(index);
    return this.#hashIn(data, parent, index);
  }

  #hashIn(data: ReadonlyMap<string, Uint8Array>, tile: Tile, index: number): Hash {
    const bytes = data.get(tilePath(tile));
    if (bytes === undefined) throw lostTile(index);
    return hashFromTile(tile, bytes, index);
  }
}

function checkedData(tile: Tile, read: TileData | undefined): Uint8Array {
  const length = read?.data.length ?? 0;
  if (read !== undefined && length === tileSize(tile)) return read.data;
  throw new GomodfsError(
    "PROTOCOL",
    `${tilePath(tile)} has ${length} bytes, not ${tileSize(tile)}`,
  );
}

/** Tiles and trees that do not fit: a defect of this file, whatever a server sends. */
function lostTile(index: number): GomodfsError {
  return new GomodfsError("PROTOCOL", `hash ${index} is in none of the tree's tiles`);
}

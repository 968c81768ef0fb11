import { LRUCache } from "lru-cache";
import { GomodfsError, isGomodfsError } from "../lib/gomodfs_error.ts";
import { SingleFlight } from "../lib/single_flight.ts";
import type { ClientOps } from "./client_ops.ts";
import type { PendingWrites } from "./pending_writes.ts";
import { fullTile, type Tile, tilePath, tileSize } from "./tile.ts";
import type { AuthenticTile, TileData, TileReader } from "./tile_hash_reader.ts";

/** Bytes of proven tiles that are kept in memory: a thousand of 8 KiB. */
const MAX_TILE_BYTES = 8 * 1024 * 1024;

/** Reads tiles from memory, the cache and the database, in this order, and keeps those that are proven. */
export class ClientTiles implements TileReader {
  readonly height: number;
  readonly #name: string;
  readonly #ops: ClientOps;
  readonly #writes: PendingWrites;
  readonly #proven = new LRUCache<string, Uint8Array>({
    maxSize: MAX_TILE_BYTES,
    sizeCalculation: (data) => data.length,
  });
  readonly #cached = new SingleFlight<TileData>();
  readonly #remote = new SingleFlight<TileData>();

  constructor(name: string, height: number, ops: ClientOps, writes: PendingWrites) {
    this.#name = name;
    this.height = height;
    this.#ops = ops;
    this.#writes = writes;
  }

  readTiles(tiles: readonly Tile[], freshness: "any" | "remote"): Promise<readonly TileData[]> {
    return Promise.all(
      tiles.map((tile) =>
        freshness === "any" ? this.#readCachedOrRemote(tile) : this.#readRemoteOnce(tile),
      ),
    );
  }

  async saveTiles(tiles: readonly AuthenticTile[]): Promise<void> {
    for (const { tile, data } of tiles) {
      const path = tilePath(tile);
      const proven = this.#proven.get(path);
      // A tile that replaces another one heals a cache: the other one was damaged or part of a forked log.
      if (proven !== undefined && Buffer.compare(proven, data) === 0) continue;
      this.#proven.set(path, data);
      await this.#writes.start(() => this.#ops.writeCache(`${this.#name}/${path}`, data));
    }
  }

  #readCachedOrRemote(tile: Tile): Promise<TileData> {
    return this.#cached.run(tilePath(tile), async () => {
      const data = this.#readMemory(tile) ?? (await this.#readCache(tile));
      return data === undefined ? this.#readRemoteOnce(tile) : { data, origin: "cache" };
    });
  }

  #readRemoteOnce(tile: Tile): Promise<TileData> {
    return this.#remote.run(tilePath(tile), () => this.#readRemote(tile));
  }

  #readMemory(tile: Tile): Uint8Array | undefined {
    return (
      this.#proven.get(tilePath(tile)) ?? cut(tile, this.#proven.get(tilePath(fullTile(tile))))
    );
  }

  /** A tile in the cache is of use only if it has its size: another process may be writing it just now. */
  async #readCache(tile: Tile): Promise<Uint8Array | undefined> {
    for (const candidate of candidates(tile)) {
      const data = await this.#ops
        .readCache(`${this.#name}/${tilePath(candidate)}`)
        .catch(() => undefined);
      if (data?.length === tileSize(candidate)) return cut(tile, data);
    }
    return undefined;
  }

  /** A server need not keep a partial tile once it is complete: then the complete one begins with it. */
  async #readRemote(tile: Tile): Promise<TileData> {
    const failures: unknown[] = [];
    for (const candidate of candidates(tile)) {
      try {
        const data = await this.#ops.readRemote(`/${tilePath(candidate)}`);
        return { data: this.#checked(tile, candidate, data), origin: "remote" };
      } catch (error) {
        failures.push(error);
      }
    }
    throw this.#unreadable(tile, failures[0]);
  }

  #checked(tile: Tile, candidate: Tile, data: Uint8Array): Uint8Array {
    if (data.length === tileSize(candidate)) return data.subarray(0, tileSize(tile));
    const sizes = `${data.length} bytes, not ${tileSize(candidate)}`;
    throw new GomodfsError("PROTOCOL", `${tilePath(candidate)} has ${sizes}`);
  }

  /** That a tile is not found must not be taken for "there is no such module". */
  #unreadable(tile: Tile, cause: unknown): GomodfsError {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const code = isGomodfsError(cause) && cause.code !== "NOT_FOUND" ? cause.code : "UPSTREAM";
    return new GomodfsError(code, `reading ${tilePath(tile)} of ${this.#name}: ${reason}`, {
      cause,
    });
  }
}

/** The tiles whose data begin with those of `tile`, itself first. */
function candidates(tile: Tile): Tile[] {
  const full = fullTile(tile);
  return full.width === tile.width ? [tile] : [tile, full];
}

function cut(tile: Tile, wider: Uint8Array | undefined): Uint8Array | undefined {
  return wider?.subarray(0, tileSize(tile));
}

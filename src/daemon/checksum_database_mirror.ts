import { FailureLog } from "../cache/failure_log.ts";
import { GomodfsError, isGomodfsError } from "../lib/gomodfs_error.ts";
import { SingleFlight } from "../lib/single_flight.ts";
import { escapePath, escapeVersion } from "../module/escape.ts";
import { formatModuleVersion, type ModuleVersion } from "../module/module_version.ts";
import type { DatabaseAnswer, ServedDatabase } from "../proxy/sumdb_handler.ts";
import type { SumdbClient } from "../sumdb/client.ts";
import { joinDataTile, splitDataTile } from "../sumdb/data_tile.ts";
import type { FileCache } from "../sumdb/file_cache.ts";
import { equalHashes, HASH_SIZE, recordHash, toHash } from "../sumdb/hash.ts";
import { fullTile, type Tile, tilePath, tileSize } from "../sumdb/tile.ts";
import type { DatabaseHead } from "./checksum_database_head.ts";

/** Reads from a checksum database: through the proxies that offer it, or directly. */
export interface DatabaseRoute {
  /** @param path begins with a slash: `/lookup/M@V`, `/tile/8/0/000`, `/latest` */
  read(path: string): Promise<Uint8Array>;
}

/** What a {@linkcode ChecksumDatabaseMirror} is made of. */
export interface ChecksumDatabaseMirrorOptions {
  readonly name: string;
  readonly client: SumdbClient;
  readonly route: DatabaseRoute;
  readonly cache: FileCache;
  readonly head: DatabaseHead;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** Milliseconds that a head is as good as a new one. */
const HEAD_FRESH = 10_000;
/** Milliseconds between questions for a new head on behalf of tiles that are in none known yet. */
const HEAD_PACE = 1_000;

/**
 * A checksum database for others: what it serves is proven to be part of the newest tree that is known, kept on disk, and
 * served when upstream is away. Only tiles of a tree that is newer still are passed on as upstream gives them, and not
 * kept: every client proves tiles itself. A database that was caught at misbehaving gets nothing unproven through.
 */
export class ChecksumDatabaseMirror implements ServedDatabase {
  readonly name: string;
  readonly #client: SumdbClient;
  readonly #route: DatabaseRoute;
  readonly #cache: FileCache;
  readonly #head: DatabaseHead;
  readonly #clock: () => number;
  readonly #passing = new SingleFlight<Uint8Array>();
  readonly #failures: FailureLog;

  constructor({ name, client, route, cache, head, clock }: ChecksumDatabaseMirrorOptions) {
    this.name = name;
    this.#client = client;
    this.#route = route;
    this.#cache = cache;
    this.#head = head;
    this.#clock = clock;
    this.#failures = new FailureLog(clock);
  }

  async record(id: ModuleVersion): Promise<DatabaseAnswer> {
    const key = formatModuleVersion(id);
    const recent = this.#failures.recent(key);
    if (recent !== undefined) throw recent.error;
    try {
      const content = await this.#client.lookupAnswer(id);
      const file = `lookup/${escapePath(id.path)}@${escapeVersion(id.version)}`;
      return await this.#proven(content, file);
    } catch (error) {
      if (isGomodfsError(error, "NOT_FOUND")) this.#failures.add(key, error);
      throw error;
    }
  }

  async latest(): Promise<DatabaseAnswer> {
    const refreshed = this.#head.refresh(HEAD_FRESH);
    const failure = await refreshed.then(() => undefined, asGomodfsError);
    const content = this.#client.latestHead;
    if (content.length === 0) {
      throw failure ?? new GomodfsError("UPSTREAM", `${this.name} has no tree yet`);
    }
    return { content, ageSeconds: this.#secondsSince(await this.#head.heardAt()), isProven: true };
  }

  async tile(tile: Tile): Promise<DatabaseAnswer> {
    const content = (await this.#readProven(tile)) ?? (await this.#readProvenLater(tile));
    if (content !== undefined) return await this.#proven(content, tilePath(tile));
    if (this.#head.isMisbehaving) throw this.#misbehaving(tile);
    const path = tilePath(tile);
    const passed = await this.#passing.run(path, async () => await this.#passThrough(tile));
    return { content: passed, ageSeconds: 0, isProven: false };
  }

  async #readProven(tile: Tile): Promise<Uint8Array | undefined> {
    return tile.level < 0 ? await this.#provenRecords(tile) : await this.#client.readTile(tile);
  }

  /** A client that asks for what is in no tree known here knows a newer one. */
  async #readProvenLater(tile: Tile): Promise<Uint8Array | undefined> {
    const failure = await this.#head.refresh(HEAD_PACE).then(() => undefined, asGomodfsError);
    return failure === undefined ? await this.#readProven(tile) : undefined;
  }

  /** The records of a data tile, if their hashes are those of the tree. */
  async #provenRecords(tile: Tile): Promise<Uint8Array | undefined> {
    const hashes = await this.#client.readTile({ ...tile, level: 0 });
    if (hashes === undefined) return undefined;
    const path = tilePath(tile);
    const kept = await this.#cache.readCache(`${this.name}/${path}`);
    if (kept !== undefined && isDataTile(kept, hashes)) return kept;
    const content = await this.#route.read(`/${path}`);
    if (!isDataTile(content, hashes)) {
      throw new GomodfsError("SECURITY", `${this.name}: ${path} is not part of its signed tree`);
    }
    await this.#cache.writeCache(`${this.name}/${path}`, content);
    return content;
  }

  async #passThrough(tile: Tile): Promise<Uint8Array> {
    try {
      return checkedTile(tile, await this.#route.read(`/${tilePath(tile)}`));
    } catch (error) {
      const full = fullTile(tile);
      if (full.width === tile.width || !isGomodfsError(error, "NOT_FOUND")) throw error;
      const content = checkedTile(full, await this.#route.read(`/${tilePath(full)}`));
      return tile.level < 0
        ? joinDataTile(splitDataTile(content, full.width), tile.width)
        : content.subarray(0, tileSize(tile));
    }
  }

  /** @param file the name under which it is kept, unless it was cut from something else that the head proves */
  async #proven(content: Uint8Array, file: string): Promise<DatabaseAnswer> {
    const writtenAt = await this.#cache.writtenAt(`${this.name}/${file}`);
    const heardAt = writtenAt ?? (await this.#head.heardAt());
    return { content, ageSeconds: this.#secondsSince(heardAt), isProven: true };
  }

  #secondsSince(time: number | undefined): number {
    return time === undefined ? 0 : Math.max(0, Math.floor((this.#clock() - time) / 1000));
  }

  #misbehaving(tile: Tile): GomodfsError {
    return new GomodfsError(
      "SECURITY",
      `${tilePath(tile)} of ${this.name} cannot be proven, and the database was caught at misbehaving`,
      { hint: "the server's log names the evidence" },
    );
  }
}

function isDataTile(content: Uint8Array, hashes: Uint8Array): boolean {
  try {
    return splitDataTile(content, hashes.length / HASH_SIZE).every((text, i) =>
      equalHashes(recordHash(text), toHash(hashes.subarray(i * HASH_SIZE, (i + 1) * HASH_SIZE))),
    );
  } catch (error) {
    if (isGomodfsError(error, "PROTOCOL")) return false;
    throw error;
  }
}

function checkedTile(tile: Tile, content: Uint8Array): Uint8Array {
  if (tile.level < 0 || content.length === tileSize(tile)) return content;
  throw new GomodfsError(
    "PROTOCOL",
    `${tilePath(tile)} has ${content.length} bytes, not ${tileSize(tile)}`,
  );
}

function asGomodfsError(error: unknown): GomodfsError {
  if (isGomodfsError(error)) return error;
  throw error;
}

import { LRUCache } from "lru-cache";
import { GomodfsError, isGomodfsError } from "../lib/gomodfs_error.ts";
import { SingleFlight } from "../lib/single_flight.ts";
import { escapePath, escapeVersion } from "../module/escape.ts";
import type { ModulePath, ModuleVersion } from "../module/module_version.ts";
import { formatModuleVersion } from "../module/module_version.ts";
import type { ClientOps } from "./client_ops.ts";
import { ClientTiles } from "./client_tiles.ts";
import { equalHashes, recordHash } from "./hash.ts";
import { LatestTree } from "./latest_tree.ts";
import { MisbehaviorError } from "./misbehavior.ts";
import { MAX_NOTE_SIZE } from "./note.ts";
import { PendingWrites } from "./pending_writes.ts";
import type { Tile } from "./tile.ts";
import { storedHashIndex, type Tree } from "./tlog.ts";
import { formatRecord, type ParsedRecord, parseRecord, recordLines } from "./tree_note.ts";
import type { Verifier } from "./verifier.ts";

/** How a client differs from the ordinary. */
export interface SumdbClientOptions {
  /** Height of the database's tiles, 1 to 16. 8 unless said otherwise, as in cmd/go. */
  readonly tileHeight?: number;
  /** Modules that must not be asked for, as GONOSUMDB says. None unless said otherwise. */
  readonly isExcluded?: (path: ModulePath) => boolean;
}

/** A record that is part of the log. */
type ProvenRecord = Pick<ParsedRecord, "id" | "text">;

/** What a database answered when it was asked for its newest tree. */
export interface LatestAnswer {
  /** What was signed. */
  readonly message: Uint8Array;
  readonly tree: Tree;
}

const DEFAULT_TILE_HEIGHT = 8;

/** Tiles of 2 MiB. */
const MAX_TILE_HEIGHT = 16;

/** Lines that a record may have. Real ones have two. */
const MAX_RECORD_LINES = 1000;

/** Bytes of proven records that are kept in memory. */
const MAX_RECORD_BYTES = 4 * 1024 * 1024;

/** Cache files that are being written at once. */
const MAX_PENDING_WRITES = 64;

/**
 * A client of a checksum database, which behaves as golang.org/x/mod/sumdb.Client: each answer is proven to be in the
 * log whose head the database has signed, and that log to be the one it has shown before. It differs where a daemon
 * lives longer than a go command: failures are not remembered, what is kept in memory is bounded, and a damaged cache
 * is read again from the database.
 */
export class SumdbClient {
  readonly #name: string;
  readonly #ops: ClientOps;
  readonly #isExcluded: (path: ModulePath) => boolean;
  readonly #latest: LatestTree;
  readonly #writes: PendingWrites;
  readonly #lookups = new SingleFlight<ProvenRecord>();
  readonly #records = new LRUCache<string, ProvenRecord>({
    maxSize: MAX_RECORD_BYTES,
    sizeCalculation: ({ text }) => text.length + 1,
  });
  #loading: Promise<void> | undefined;

  /** @throws GomodfsError `USAGE` if the tile height is out of range */
  constructor(verifier: Verifier, ops: ClientOps, options: SumdbClientOptions = {}) {
    const height = options.tileHeight ?? DEFAULT_TILE_HEIGHT;
    if (!Number.isInteger(height) || height < 1 || height > MAX_TILE_HEIGHT) {
      throw new GomodfsError(
        "USAGE",
        `tile height ${height} is not between 1 and ${MAX_TILE_HEIGHT}`,
      );
    }
    this.#name = verifier.name;
    this.#ops = ops;
    this.#isExcluded = options.isExcluded ?? (() => false);
    this.#writes = new PendingWrites(MAX_PENDING_WRITES, (error) =>
      ops.log(`${this.#name}: ${describe(error)}`),
    );
    this.#latest = new LatestTree(
      verifier,
      ops,
      new ClientTiles(this.#name, height, ops, this.#writes),
    );
  }

  /** The newest tree that the database has shown. */
  get latest(): Tree {
    return this.#latest.current.tree;
  }

  /** The signed head of {@linkcode latest}; no bytes if none was shown yet. */
  get latestHead(): Uint8Array {
    return this.#latest.current.message;
  }

  /**
   * Looks a module version up.
   *
   * @returns the go.sum lines for it and for its go.mod, without newlines; none if its record has none
   * @throws GomodfsError `UNVERIFIED` if the module is excluded, `NOT_FOUND` if the database does not know it,
   * `SECURITY` or `PROTOCOL` if an answer cannot be proven ({@linkcode MisbehaviorError} if the database contradicts
   * itself), `INVALID` for a path or version that cannot be escaped, and whatever the operations throw
   */
  async lookup(id: ModuleVersion): Promise<string[]> {
    const { text } = await this.#provenRecord(id);
    const start = `${id.path} ${id.version}`;
    return recordLines(text).filter(
      (line) => line.startsWith(`${start} `) || line.startsWith(`${start}/go.mod `),
    );
  }

  /**
   * The answer to a look-up as a server of the database gives it: the record and the signed head of the newest tree, of
   * which it is a part.
   *
   * @throws GomodfsError as {@linkcode lookup}
   */
  async lookupAnswer(id: ModuleVersion): Promise<Uint8Array> {
    const record = await this.#provenRecord(id);
    return Buffer.concat([formatRecord(record.id, record.text), this.latestHead]);
  }

  /** Takes up the tree that was last seen, here or by others on this machine, before anything else is asked. */
  async load(): Promise<void> {
    await this.#load();
  }

  /**
   * Asks the database for its newest tree and takes it up, if it is newer.
   *
   * @returns what it answered, proven to be consistent with {@linkcode latest}
   * @throws GomodfsError as {@linkcode lookup}
   */
  async refreshLatest(): Promise<LatestAnswer> {
    await this.#load();
    const path = "/latest";
    const message = await this.#ops.readRemote(path);
    if (message.length === 0) {
      throw new GomodfsError("PROTOCOL", `${this.#name} answered nothing to ${path}`);
    }
    await this.#reportingUnproven(path, message, () => this.#latest.merge(message));
    return { message, tree: this.#latest.treeOf(message) };
  }

  /**
   * The data of a tile, proven to be part of {@linkcode latest}.
   *
   * @returns undefined if that does not have all of it
   * @throws GomodfsError as {@linkcode lookup}
   */
  async readTile(tile: Tile): Promise<Uint8Array | undefined> {
    await this.#load();
    return await this.#latest.current.hashes.readTile(tile);
  }

  /** Resolves when everything proven so far is in the cache. */
  async flush(): Promise<void> {
    await this.#writes.settled();
  }

  /** Takes up the tree last seen. A failure is not remembered: the next look-up tries again. */
  async #load(): Promise<void> {
    this.#loading ??= this.#latest.load();
    try {
      await this.#loading;
    } catch (error) {
      this.#loading = undefined;
      throw withContext(`reading the latest tree of ${this.#name}`, error);
    }
  }

  async #provenRecord(id: ModuleVersion): Promise<ProvenRecord> {
    if (this.#isExcluded(id.path)) {
      throw new GomodfsError(
        "UNVERIFIED",
        `${formatModuleVersion(id)}: skipped (listed in GONOSUMDB)`,
      );
    }
    try {
      await this.#load();
      return await this.#lookupRecord(
        `/lookup/${escapePath(id.path)}@${escapeVersion(id.version)}`,
      );
    } catch (error) {
      throw withContext(formatModuleVersion(id), error);
    }
  }

  async #lookupRecord(path: string): Promise<ProvenRecord> {
    const known = this.#records.get(path);
    if (known !== undefined) return known;
    return this.#lookups.run(path, async () => {
      const record = (await this.#readCachedRecord(path)) ?? (await this.#readRemoteRecord(path));
      this.#records.set(path, record);
      return record;
    });
  }

  /** @returns undefined if the record is not in the cache or what is there is damaged */
  async #readCachedRecord(path: string): Promise<ProvenRecord | undefined> {
    const content = await this.#ops.readCache(`${this.#name}${path}`).catch(() => undefined);
    if (content === undefined) return undefined;
    try {
      return await this.#prove(content);
    } catch (error) {
      const isDamaged = isGomodfsError(error, "PROTOCOL") || isGomodfsError(error, "SECURITY");
      if (!isDamaged || error instanceof MisbehaviorError) throw error;
      this.#ops.log(`cached ${this.#name}${path} is read again: ${error.message}`);
      return undefined;
    }
  }

  async #readRemoteRecord(path: string): Promise<ProvenRecord> {
    const content = await this.#ops.readRemote(path);
    const record = await this.#reportingUnproven(path, content, () => this.#prove(content));
    await this.#writes.start(() => this.#ops.writeCache(`${this.#name}${path}`, content));
    return record;
  }

  /** A contradiction has been told of already. */
  async #reportingUnproven<T>(
    path: string,
    content: Uint8Array,
    prove: () => Promise<T>,
  ): Promise<T> {
    try {
      return await prove();
    } catch (error) {
      if (isGomodfsError(error, "SECURITY") && !(error instanceof MisbehaviorError)) {
        this.#ops.unproven?.({ path, content, head: this.latestHead, error });
      }
      throw error;
    }
  }

  /** Proves that a look-up's answer, a record and a signed tree, is part of the log. */
  async #prove(content: Uint8Array): Promise<ProvenRecord> {
    if (content.length > MAX_NOTE_SIZE) {
      throw new GomodfsError(
        "TOO_LARGE",
        `a record of ${content.length} bytes is larger than ${MAX_NOTE_SIZE}`,
      );
    }
    const { id, text, rest } = parseRecord(content);
    await this.#latest.merge(rest);
    await this.#checkRecord(id, text);
    const lines = recordLines(text).length;
    if (lines > MAX_RECORD_LINES) {
      throw new GomodfsError(
        "TOO_LARGE",
        `a record has ${lines} lines, more than ${MAX_RECORD_LINES}`,
      );
    }
    // A copy: the rest of the answer need not be kept.
    return { id, text: Uint8Array.from(text) };
  }

  async #checkRecord(id: number, text: Uint8Array): Promise<void> {
    const { tree, hashes } = this.#latest.current;
    if (id < 0 || id >= tree.size) {
      throw new GomodfsError(
        "SECURITY",
        `cannot validate record ${id} in tree of size ${tree.size}`,
      );
    }
    const [hash] = await hashes.readHashes([storedHashIndex(0, id)]);
    if (hash !== undefined && equalHashes(hash, recordHash(text))) return;
    throw new GomodfsError("SECURITY", "cannot authenticate record data in server response");
  }
}

/** The same error with what it happened to at the start of its message. */
function withContext(context: string, error: unknown): Error {
  // Its evidence, not its words, is what counts.
  if (error instanceof MisbehaviorError) return error;
  const { code, hint, isGone } = isGomodfsError(error)
    ? error
    : { code: "UPSTREAM" as const, hint: undefined, isGone: false };
  const details = { isGone, cause: error, ...(hint !== undefined && { hint }) };
  return new GomodfsError(code, `${context}: ${describe(error)}`, details);
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

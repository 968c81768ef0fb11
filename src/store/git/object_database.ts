import { closeSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { LRUCache } from "lru-cache";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { applyDelta } from "./delta.ts";
import { isMissing } from "./file_error.ts";
import { MAXIMUM_OBJECT_SIZE } from "./inflate.ts";
import { readLooseObject } from "./loose_object.ts";
import { type GitObject, type ObjectId, objectIdFromBytes, objectIdToBytes } from "./object_id.ts";
import { type ObjectLocation, ObjectTable } from "./object_table.ts";
import { type OpenPackFiles, Pack } from "./pack.ts";
import type { PackEntryHeader } from "./pack_entry.ts";
import type { Repository } from "./repository.ts";

/** Packs whose files are kept open. */
const OPEN_PACKS = 64;
/** Bytes of inflated delta bases that are kept: neighbours in a pack have the same base. */
const DELTA_BASE_BYTES = 16 * 1024 * 1024;
/** git makes chains of 50 unless told otherwise; the bound keeps a hostile chain from exhausting the stack. */
const MAXIMUM_DELTA_DEPTH = 1000;
/** How often a read starts again after packs vanished under it. */
const ATTEMPTS = 3;

type DeltaHeader = Exclude<PackEntryHeader, { readonly kind: "whole" }>;

/**
 * The objects of a repository, read synchronously. Packs may come and vanish (a consolidation, `git repack`) in other
 * threads and processes meanwhile: an object that is not found where it was is looked for once more in what is there
 * now.
 */
export class ObjectDatabase {
  readonly #repository: Repository;
  readonly #openFiles: OpenPackFiles = new LRUCache<string, number>({
    max: OPEN_PACKS,
    dispose: (descriptor) => closeSync(descriptor),
  });
  readonly #deltaBases = new LRUCache<string, GitObject>({
    maxSize: DELTA_BASE_BYTES,
    sizeCalculation: (object) => object.content.length + 1,
  });
  #packs = new Map<string, Pack>();
  #table = new ObjectTable<Pack>();

  constructor(repository: Repository) {
    this.#repository = repository;
    this.rescan();
  }

  /** All packs known now. */
  packs(): Pack[] {
    return [...this.#packs.values()];
  }

  /** Every copy of an object in the packs known now. */
  locations(id: Uint8Array): Iterable<ObjectLocation<Pack>> {
    return this.#table.locations(id);
  }

  /**
   * Reads an object in whatever form it is stored.
   *
   * @throws GomodfsError `STORE` if it is not there or damaged
   */
  read(id: ObjectId): GitObject {
    const object = this.find(id);
    if (object === undefined) throw missing(id);
    return object;
  }

  /** As {@linkcode ObjectDatabase.read}, but undefined if there is no such object. */
  find(id: ObjectId): GitObject | undefined {
    return this.#retry(() => this.#findNow(objectIdToBytes(id), 0));
  }

  /**
   * Looks for a copy of an object that `read` can use, among the packs known now and then among those there are.
   *
   * @param read undefined if this copy is of no use
   */
  search<Result>(
    id: Uint8Array,
    read: (pack: Pack, offset: number) => Result | undefined,
  ): Result | undefined {
    return this.#retry(
      () => this.#searchNow(id, read),
      () => this.#isKnown(id),
    );
  }

  /** Learns which packs there are now. */
  rescan(): void {
    const names = this.#packNames();
    const gone = [...this.#packs.keys()].filter((name) => !names.has(name));
    for (const name of gone) {
      this.#packs.delete(name);
      this.#openFiles.delete(name);
    }
    if (gone.length > 0) this.#table = new ObjectTable(this.#packs.values());
    for (const name of names) this.#add(name);
  }

  /** Closes the files. */
  close(): void {
    this.#openFiles.clear();
    this.#deltaBases.clear();
  }

  #packNames(): Set<string> {
    const files = new Set(readdirSync(this.#repository.packDirectory));
    return new Set(
      [...files]
        .filter((file) => file.endsWith(".idx") && files.has(`${file.slice(0, -4)}.pack`))
        .map((file) => file.slice(0, -4)),
    );
  }

  #add(name: string): void {
    if (this.#packs.has(name)) return;
    try {
      const pack = new Pack(this.#repository.packDirectory, name, this.#openFiles);
      this.#packs.set(name, pack);
      this.#table.add(pack);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  /**
   * A copy that is gone is not the end while another look may help; nor is it if there was none, unless `isFinal` says so.
   */
  #retry<Result>(
    attempt: () => Result | undefined,
    isFinal: () => boolean = () => false,
  ): Result | undefined {
    for (let attempts = 1; ; attempts++) {
      try {
        const result = attempt();
        if (result !== undefined || attempts > 1 || isFinal()) return result;
      } catch (error) {
        if (attempts === ATTEMPTS || !isMissing(error)) throw error;
      }
      this.rescan();
    }
  }

  #isKnown(id: Uint8Array): boolean {
    return this.#table.locations(id).next().done !== true;
  }

  #searchNow<Result>(
    id: Uint8Array,
    read: (pack: Pack, offset: number) => Result | undefined,
  ): Result | undefined {
    let failure: Error | undefined;
    for (const { pack, position } of this.#table.locations(id)) {
      try {
        const result = read(pack, pack.index.offset(position));
        if (result !== undefined) return result;
      } catch (error) {
        failure = error instanceof Error ? error : new Error(String(error));
      }
    }
    if (failure !== undefined) throw failure;
    return undefined;
  }

  #findNow(id: Uint8Array, depth: number): GitObject | undefined {
    return (
      this.#searchNow(id, (pack, offset) => this.#readPacked(pack, offset, depth)) ??
      readLooseObject(join(this.#repository.directory, "objects"), objectIdFromBytes(id))
    );
  }

  #readPacked(pack: Pack, offset: number, depth: number): GitObject {
    const key = `${pack.name} ${offset}`;
    const kept = this.#deltaBases.get(key);
    if (kept !== undefined) return kept;
    const { header, content } = pack.entry(offset);
    if (header.kind === "whole") {
      const object = { type: header.type, content };
      if (depth > 0) this.#deltaBases.set(key, object);
      return object;
    }
    if (depth === MAXIMUM_DELTA_DEPTH) {
      throw new GomodfsError("STORE", `a chain of deltas in ${pack.name} is too long`);
    }
    const base = this.#deltaBase(pack, offset, header, depth + 1);
    const result = applyDelta(base.content, content, MAXIMUM_OBJECT_SIZE);
    const object = { type: base.type, content: result };
    if (depth > 0) this.#deltaBases.set(key, object);
    return object;
  }

  #deltaBase(pack: Pack, offset: number, header: DeltaHeader, depth: number): GitObject {
    if (header.kind === "ofs-delta") {
      return this.#readPacked(pack, offset - header.distance, depth);
    }
    const base = this.#findNow(header.baseId, depth);
    if (base === undefined) throw missing(objectIdFromBytes(header.baseId));
    return base;
  }
}

function missing(id: ObjectId): GomodfsError {
  return new GomodfsError("STORE", `object ${id} is missing from the store`, {
    hint: "run git fsck in the store's directory",
  });
}

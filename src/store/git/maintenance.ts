import { statSync } from "node:fs";
import { join } from "node:path";
import { isGomodfsError } from "../../lib/gomodfs_error.ts";
import { LockFile } from "./lock_file.ts";
import type { ObjectDatabase } from "./object_database.ts";
import type { ObjectId } from "./object_id.ts";
import type { Pack } from "./pack.ts";
import { copyPacks } from "./pack_copy.ts";
import { allRefValues, Reachability } from "./reachability.ts";
import { packRefs, transactRefs } from "./ref_transaction.ts";
import type { Refs } from "./refs.ts";
import { removeLeftovers, removePacks } from "./remove_packs.ts";
import type { Repository } from "./repository.ts";

/** What a maintenance run did. */
export interface MaintenanceResult {
  /** Packs copied into others and removed. */
  readonly packsBefore: number;
  /** Packs made of them. */
  readonly packsAfter: number;
}

/** More small packs than this are worth copying into one. */
const MANY_SMALL_PACKS = 50;
/**
 * What small is. As long as there are not too many of the second kind, only those of the first are copied: so each byte
 * is copied twice in its life, and not whenever fifty commits of go.mod files have come together.
 */
const SMALL_PACK_SIZES = [2 * 1024 * 1024, 32 * 1024 * 1024] as const;
/** So many make every search slow, and are copied at once. */
const FAR_TOO_MANY_SMALL_PACKS = 500;
/** Bytes of the packs that are copied into one. */
const GROUP_SIZE = 1024 * 1024 * 1024;
/** More refs than this in files of their own are worth packing. */
const MANY_LOOSE_REFS = 1000;
/** Younger packs may belong to a writer whose refs are still to come; he would have to write them again. */
const MINIMUM_AGE = 10 * 60_000;
const NOTHING: MaintenanceResult = { packsBefore: 0, packsAfter: 0 };

/**
 * Keeps the store in shape. Readers and writers may go on in other threads and processes: an object is always in a pack
 * that is there, though maybe in another one than before.
 */
export class Maintenance {
  readonly #repository: Repository;
  readonly #database: ObjectDatabase;
  readonly #refs: Refs;

  constructor(repository: Repository, database: ObjectDatabase, refs: Refs) {
    this.#repository = repository;
    this.#database = database;
    this.#refs = refs;
  }

  /** Whether {@linkcode Maintenance.consolidate} would find something to do, and whether that can wait. */
  get due(): "not" | "when-idle" | "now" {
    const packs = this.#smallPacks(MANY_SMALL_PACKS).length;
    if (packs > FAR_TOO_MANY_SMALL_PACKS) return "now";
    return packs > 0 || this.#refs.looseCount > MANY_LOOSE_REFS ? "when-idle" : "not";
  }

  /**
   * Copies small packs into one and packs loose refs, if there are many of them. Does nothing if another process is at
   * it.
   *
   * @param many what many packs are
   * @throws GomodfsError `STORE` if a pack is damaged or cannot be written
   */
  async consolidate(many = MANY_SMALL_PACKS): Promise<MaintenanceResult> {
    return await this.#exclusively(async () => {
      await removeLeftovers(this.#repository, Date.now());
      await packRefs(this.#repository, this.#refs, MANY_LOOSE_REFS);
      this.#database.rescan();
      const packs = this.#smallPacks(many);
      if (packs.length === 0) return NOTHING;
      return await this.#copyGroups(packs, async (group) => {
        const names = await copyPacks(this.#repository, group, () => true);
        await this.#remove(group, names);
        return names.length;
      });
    });
  }

  /**
   * Copies all packs of ours without the objects to which no ref leads.
   *
   * @param minimumAge milliseconds; younger packs stay as they are
   * @throws GomodfsError `STORE` if an object is missing or damaged; nothing is removed then
   */
  async compact(minimumAge = MINIMUM_AGE): Promise<MaintenanceResult> {
    return await this.#exclusively(async () => {
      this.#database.rescan();
      const old = this.#database
        .packs()
        .filter((pack) => pack.isOurs && this.#age(pack) >= minimumAge);
      const values = allRefValues(this.#repository, this.#refs);
      const reachability = new Reachability(this.#database);
      await reachability.mark(values);
      return await this.#copyGroups(old, (group) =>
        this.#compactGroup(group, reachability, values),
      );
    });
  }

  async #compactGroup(
    group: readonly Pack[],
    reachability: Reachability,
    values: Set<ObjectId>,
  ): Promise<number> {
    const names = await copyPacks(this.#repository, group, (pack, position) =>
      reachability.isMarked(pack, position),
    );
    const groupNames = new Set(group.map((pack) => pack.name));
    // Under the lock no ref is written: what leads to the old packs since they were copied shows now.
    await transactRefs(this.#repository, this.#refs, async () => {
      const later = allRefValues(this.#repository, this.#refs).difference(values);
      const marked = await reachability.mark(later);
      for (const value of later) values.add(value);
      if (marked.isDisjointFrom(groupNames)) await this.#remove(group, names);
      else await this.#removeNames(names.filter((name) => !groupNames.has(name)));
      return new Map();
    });
    return names.length;
  }

  async #copyGroups(
    packs: readonly Pack[],
    copy: (group: readonly Pack[]) => Promise<number>,
  ): Promise<MaintenanceResult> {
    let packsAfter = 0;
    for (const group of groups(packs)) packsAfter += await copy(group);
    return { packsBefore: packs.length, packsAfter };
  }

  /** A pack that was copied alone and whole is its own copy. */
  async #remove(group: readonly Pack[], copies: readonly string[]): Promise<void> {
    const names = group.map((pack) => pack.name).filter((name) => !copies.includes(name));
    await this.#removeNames(names);
  }

  async #removeNames(names: readonly string[]): Promise<void> {
    await removePacks(this.#repository, names);
    this.#database.rescan();
  }

  /** The smaller ones if they are more than `many`, else the larger ones if they are with them, else none. */
  #smallPacks(many: number): Pack[] {
    const packs = this.#database.packs().filter((pack) => pack.isOurs);
    for (const size of SMALL_PACK_SIZES) {
      const small = packs.filter((pack) => this.#size(pack) < size);
      if (small.length > many) return small;
    }
    return [];
  }

  /** Infinity if the pack is gone. */
  #size(pack: Pack): number {
    try {
      return pack.size;
    } catch {
      return Number.POSITIVE_INFINITY;
    }
  }

  #age(pack: Pack): number {
    const path = join(this.#repository.packDirectory, `${pack.name}.pack`);
    return Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  }

  async #exclusively(run: () => Promise<MaintenanceResult>): Promise<MaintenanceResult> {
    const path = join(this.#repository.temporaryDirectory, "maintenance.lock");
    const lock = await acquireUnlessBusy(path, this.#repository.temporaryDirectory);
    if (lock === undefined) return NOTHING;
    const alive = setInterval(() => void lock.touch().catch(() => {}), 60_000);
    try {
      return await run();
    } finally {
      clearInterval(alive);
      await lock.release();
    }
  }
}

async function acquireUnlessBusy(
  path: string,
  temporaryDirectory: string,
): Promise<LockFile | undefined> {
  try {
    return await LockFile.acquire(path, { temporaryDirectory, timeout: 0 });
  } catch (error) {
    if (isGomodfsError(error, "BUSY")) return undefined;
    throw error;
  }
}

function groups(packs: readonly Pack[]): Pack[][] {
  const all: Pack[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const pack of packs) {
    if (size + pack.size > GROUP_SIZE) {
      all.push([]);
      size = 0;
    }
    all.at(-1)?.push(pack);
    size += pack.size;
  }
  return all;
}

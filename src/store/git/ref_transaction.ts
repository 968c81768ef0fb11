import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { syncDirectory, writeDurably } from "../../lib/durable_file.ts";
import { isExisting } from "./file_error.ts";
import { LockFile } from "./lock_file.ts";
import type { ObjectId } from "./object_id.ts";
import { REFS_PREFIX, type RefName } from "./ref_name.ts";
import type { Refs } from "./refs.ts";
import type { Repository } from "./repository.ts";

/** New values of refs; undefined deletes the ref. */
export type RefChanges = ReadonlyMap<RefName, ObjectId | undefined>;

/** More refs than this in one transaction are written to packed-refs: one fsync instead of one each. */
const MAXIMUM_LOOSE_REFS = 16;
/**
 * Up to this size packed-refs is written anew for a single ref too (some 8,000 refs, 3 ms): that is one file to fsync
 * instead of one each, and a writer that is killed leaves no lock of a ref behind.
 */
const MAXIMUM_REWRITTEN_BYTES = 1024 * 1024;
/** NAME_MAX less the length of `.lock`. */
const MAXIMUM_LOOSE_NAME = 255 - ".lock".length;
/** git holds the lock of one ref for a few system calls. */
const REF_LOCK_ABANDONED_AFTER = 10_000;
const REF_LOCK_PAUSE = 20;

/**
 * Changes refs, durably. Every writer of gomodfs and `git pack-refs` hold packed-refs.lock while they write, so that
 * what `prepare` sees stays true until its changes are made.
 *
 * @param refs refreshed before `prepare` is called and after the changes
 * @param prepare decides, under the lock, what to change
 * @param rewrittenBytes packed-refs below this size is rewritten for any change; above, few refs become loose ones
 */
export async function transactRefs(
  repository: Repository,
  refs: Refs,
  prepare: () => RefChanges | Promise<RefChanges>,
  rewrittenBytes = MAXIMUM_REWRITTEN_BYTES,
): Promise<void> {
  const lock = await LockFile.acquire(join(repository.directory, "packed-refs.lock"), repository);
  try {
    refs.refresh();
    const changes = await prepare();
    if (changes.size > 0) await new RefWriter(repository, refs).write(changes, rewrittenBytes);
  } finally {
    await lock.release();
    refs.refresh();
  }
}

/**
 * Moves loose refs into packed-refs, as `git pack-refs --all` does.
 *
 * @param minimum leaves them where they are if there are fewer
 */
export async function packRefs(repository: Repository, refs: Refs, minimum: number): Promise<void> {
  if (refs.looseCount < minimum) return;
  const lock = await LockFile.acquire(join(repository.directory, "packed-refs.lock"), repository);
  try {
    refs.refresh();
    await new RefWriter(repository, refs).packAll();
  } finally {
    await lock.release();
    refs.refresh();
  }
}

/** Writes refs while packed-refs.lock is held. */
class RefWriter {
  readonly #repository: Repository;
  readonly #refs: Refs;

  constructor(repository: Repository, refs: Refs) {
    this.#repository = repository;
    this.#refs = refs;
  }

  async write(changes: RefChanges, rewrittenBytes: number): Promise<void> {
    const packed = new Map<RefName, ObjectId | undefined>();
    const loose = new Map<RefName, ObjectId>();
    for (const [name, id] of changes) {
      if (
        id === undefined ||
        this.#refs.packed.byteLength < rewrittenBytes ||
        changes.size > MAXIMUM_LOOSE_REFS ||
        name.length - REFS_PREFIX.length > MAXIMUM_LOOSE_NAME
      )
        packed.set(name, id);
      else loose.set(name, id);
    }
    await this.#writeLoose(loose, packed);
    if (packed.size > 0) await this.#writePacked(packed);
  }

  async packAll(): Promise<void> {
    const values = new Map<RefName, ObjectId | undefined>();
    for (const name of this.#refs.looseNames()) {
      const id = this.#refs.get(name);
      if (id !== undefined) values.set(name, id);
    }
    if (values.size > 0) await this.#writePacked(values);
  }

  /** Refs whose lock somebody holds, maybe since he was killed, go to `others` instead. */
  async #writeLoose(
    values: ReadonlyMap<RefName, ObjectId>,
    others: Map<RefName, ObjectId | undefined>,
  ): Promise<void> {
    if (values.size === 0) return;
    await mkdir(this.#repository.refsDirectory, { recursive: true });
    const written: string[] = [];
    await Promise.all(
      Array.from(values, async ([name, id]) => {
        const path = this.#path(name);
        if (await makeRefLock(path, `${id}\n`)) written.push(path);
        else others.set(name, id);
      }),
    );
    for (const path of written) await rename(`${path}.lock`, path);
    await syncDirectory(this.#repository.refsDirectory);
  }

  /** Loose refs of the same names would hide the packed ones, so they are removed after. */
  async #writePacked(changes: RefChanges): Promise<void> {
    const loose = new Set(this.#refs.looseNames());
    const hiding = [...changes.keys()]
      .filter((name) => loose.has(name))
      .map((name) => ({ path: this.#path(name), value: this.#refs.get(name) }));
    const temporary = join(this.#repository.temporaryDirectory, `packed-refs-${randomUUID()}`);
    await writeDurably(temporary, this.#refs.packed.with(changes));
    await rename(temporary, join(this.#repository.directory, "packed-refs"));
    await syncDirectory(this.#repository.directory);
    for (const { path, value } of hiding) await removeLoose(path, value);
    if (hiding.length > 0) await syncDirectory(this.#repository.refsDirectory);
  }

  #path(name: RefName): string {
    return join(this.#repository.refsDirectory, name.slice(REFS_PREFIX.length));
  }
}

/** Removes a loose ref, unless somebody who runs git update-ref beside us gave it another value meanwhile. */
async function removeLoose(path: string, value: ObjectId | undefined): Promise<void> {
  while (!(await makeRefLock(path, ""))) await sleep(REF_LOCK_PAUSE);
  try {
    const current = await readFile(path, "latin1").catch(() => "");
    if (current.trimEnd() === value) await rm(path, { force: true });
  } finally {
    await rm(`${path}.lock`, { force: true });
  }
}

/**
 * Makes git's lock of one ref, the file that becomes the ref (refs/files-backend.c).
 *
 * @returns false if somebody else has it
 */
async function makeRefLock(path: string, content: string): Promise<boolean> {
  try {
    await writeDurably(`${path}.lock`, content);
    return true;
  } catch (error) {
    if (!isExisting(error)) throw error;
  }
  const made = await stat(`${path}.lock`).catch(() => undefined);
  if (made !== undefined && Date.now() - made.mtimeMs > REF_LOCK_ABANDONED_AFTER) {
    await rm(`${path}.lock`, { force: true });
  }
  return false;
}

import { type Dirent, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { ObjectDatabase } from "./object_database.ts";
import {
  asBuffer,
  type GitObject,
  type ObjectId,
  objectIdFromBytes,
  objectIdToBytes,
  parseObjectId,
} from "./object_id.ts";
import type { Pack } from "./pack.ts";
import type { Refs } from "./refs.ts";
import type { Repository } from "./repository.ts";
import { decodeTree } from "./tree_object.ts";

/** Objects looked at in one turn of the event loop, some 10 ms. */
const OBJECTS_PER_TURN = 500;
/** A submodule's commit, which is in another repository. */
const GITLINK_MODE = "160000";

/** Marks the objects to which refs lead: one bit for each row of each pack's index. */
export class Reachability {
  readonly #database: ObjectDatabase;
  readonly #marks = new Map<string, Uint8Array>();
  /** What is marked but in no pack. */
  readonly #loose = new Set<ObjectId>();

  constructor(database: ObjectDatabase) {
    this.#database = database;
  }

  /** Whether the object in row `position` of the pack's index is marked. */
  isMarked(pack: Pack, position: number): boolean {
    return ((this.#marksOf(pack)[position >>> 3] ?? 0) & (1 << (position & 7))) !== 0;
  }

  /**
   * Marks objects and all that they name.
   *
   * @returns the names of packs in which an object was marked that was not before
   * @throws GomodfsError `STORE` if an object is missing or damaged
   */
  async mark(ids: Iterable<ObjectId>): Promise<Set<string>> {
    const packs = new Set<string>();
    const waiting = [...ids].filter((id) => this.#markOne(id, packs));
    for (let looked = 1; ; looked++) {
      const id = waiting.pop();
      if (id === undefined) return packs;
      for (const reference of references(this.#database.read(id))) {
        if (this.#markOne(reference.id, packs) && !reference.isBlob) waiting.push(reference.id);
      }
      if (looked % OBJECTS_PER_TURN === 0) await nextTurn();
    }
  }

  /** Marks every copy; whether the object was not marked before. */
  #markOne(id: ObjectId, packs: Set<string>): boolean {
    let isPacked = false;
    let isNew = false;
    for (const { pack, position } of this.#database.locations(objectIdToBytes(id))) {
      isPacked = true;
      if (this.isMarked(pack, position)) continue;
      const marks = this.#marksOf(pack);
      marks[position >>> 3] = (marks[position >>> 3] ?? 0) | (1 << (position & 7));
      packs.add(pack.name);
      isNew = true;
    }
    if (isPacked || this.#loose.has(id)) return isNew;
    this.#loose.add(id);
    return true;
  }

  #marksOf(pack: Pack): Uint8Array {
    const known = this.#marks.get(pack.name);
    if (known !== undefined) return known;
    const marks = new Uint8Array(Math.ceil(pack.index.count / 8));
    this.#marks.set(pack.name, marks);
    return marks;
  }
}

/** The values of all refs of a repository, not only those of modules. */
export function allRefValues(repository: Repository, refs: Refs): Set<ObjectId> {
  const values = new Set<ObjectId>();
  const add = (id: ObjectId | undefined): void => {
    if (id !== undefined) values.add(id);
  };
  const files = readdirSync(join(repository.directory, "refs"), {
    recursive: true,
    withFileTypes: true,
  }).filter((file) => isRefFile(file));
  for (const file of files) add(readRefFile(join(file.parentPath, file.name)));
  add(readRefFile(join(repository.directory, "HEAD")));
  refs.refresh();
  for (const { id } of refs.packed.entries()) add(id);
  return values;
}

function isRefFile(file: Dirent): boolean {
  return file.isFile() && !file.name.endsWith(".lock");
}

/** Undefined for a symbolic ref, and for one that was packed or deleted meanwhile. */
function readRefFile(path: string): ObjectId | undefined {
  try {
    return parseObjectId(readFileSync(path, "latin1").trimEnd());
  } catch {
    return undefined;
  }
}

/** What an object names. */
function references({
  type,
  content,
}: GitObject): { readonly id: ObjectId; readonly isBlob: boolean }[] {
  switch (type) {
    case "blob":
      return [];
    case "tree":
      return Array.from(decodeTree(content))
        .filter((entry) => entry.mode !== GITLINK_MODE)
        .map(({ id, mode }) => ({ id: objectIdFromBytes(id), isBlob: !/^0?40000$/.test(mode) }));
    case "commit":
    case "tag":
      return Array.from(
        asBuffer(content)
          .toString("latin1")
          .split("\n\n", 1)
          .join("")
          .matchAll(/^(?:tree|parent|object) ([0-9a-f]{40})$/gm),
        ([, id]) => parseObjectId(id ?? ""),
      )
        .filter((id) => id !== undefined)
        .map((id) => ({ id, isBlob: false }));
  }
}

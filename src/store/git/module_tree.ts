import { GomodfsError } from "../../lib/gomodfs_error.ts";
import type { ObjectDatabase } from "./object_database.ts";
import {
  asBuffer,
  hashObject,
  type ObjectId,
  objectIdFromBytes,
  objectIdToBytes,
} from "./object_id.ts";
import { type BuiltTree, buildTrees } from "./tree_builder.ts";
import { DIRECTORY_MODE, decodeTree, encodeTree, FILE_MODE } from "./tree_object.ts";

/**
 * What the tree of a module version holds: tailscale/gomodfs writes `zip`, `ziphash`, `info` and `mod`; gomodfs
 * `manifest`, `zip` and `ziphash`.
 */
export interface ModuleTree {
  /** The tree of the module's files. */
  readonly zip: ObjectId | undefined;
  /** The `h1:` hash, 47 bytes. */
  readonly ziphash: ObjectId | undefined;
  /** The encoded manifest. */
  readonly manifest: ObjectId | undefined;
  readonly info: ObjectId | undefined;
  readonly mod: ObjectId | undefined;
}

/** @throws GomodfsError `STORE` if the object is no tree or damaged */
export function readModuleTree(database: ObjectDatabase, id: ObjectId): ModuleTree {
  const ids = new Map<string, ObjectId>();
  for (const entry of decodeTree(readTree(database, id))) {
    ids.set(asBuffer(entry.name).toString("latin1"), objectIdFromBytes(entry.id));
  }
  return {
    zip: ids.get("zip"),
    ziphash: ids.get("ziphash"),
    manifest: ids.get("manifest"),
    info: ids.get("info"),
    mod: ids.get("mod"),
  };
}

/** The content of a tree object. */
export function readTree(database: ObjectDatabase, id: ObjectId): Uint8Array {
  const { type, content } = database.read(id);
  if (type !== "tree") throw new GomodfsError("STORE", `object ${id} is a ${type} and no tree`);
  return content;
}

/** The content of a blob. */
export function readBlob(database: ObjectDatabase, id: ObjectId): Uint8Array {
  const { type, content } = database.read(id);
  if (type !== "blob") throw new GomodfsError("STORE", `object ${id} is a ${type} and no blob`);
  return content;
}

/**
 * All trees of a module version; the last is the one that its ref names.
 *
 * @param files in ascending byte order of their names
 */
export function buildModuleTrees(
  files: Iterable<{ readonly name: string; readonly id: Uint8Array }>,
  manifest: ObjectId,
  ziphash: ObjectId,
): BuiltTree[] {
  const trees = buildTrees(files);
  const zip = trees.at(-1);
  if (zip === undefined) throw new RangeError("buildTrees gives the root at least");
  const content = encodeTree([
    { mode: FILE_MODE, name: Buffer.from("manifest"), id: objectIdToBytes(manifest) },
    { mode: DIRECTORY_MODE, name: Buffer.from("zip"), id: zip.id },
    { mode: FILE_MODE, name: Buffer.from("ziphash"), id: objectIdToBytes(ziphash) },
  ]);
  return [...trees, { type: "tree", content, id: objectIdToBytes(hashObject("tree", content)) }];
}

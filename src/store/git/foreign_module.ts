import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { hash1 } from "../../module/dirhash.ts";
import { formatModuleVersion, type ModuleVersion } from "../../module/module_version.ts";
import { encodeManifest, type ManifestRow } from "../manifest_codec.ts";
import { readBlob, readTree } from "./module_tree.ts";
import type { ObjectDatabase } from "./object_database.ts";
import { type ObjectId, objectIdFromBytes } from "./object_id.ts";
import { decodeTree } from "./tree_object.ts";

/** As deep as a path of 64 KiB can be, the longest that a zip can name. */
const MAXIMUM_DEPTH = 1024;
/** Far more than the largest known module has (16,000). */
const MAXIMUM_FILES = 1_000_000;

/**
 * The manifest of a module that another program stored without one (tailscale/gomodfs): every file is read and the
 * module's hash computed. Zip streams are not known, so no stored sizes are.
 *
 * @param zip the tree of the module's files
 * @param h1 what the store says the module's hash is
 * @throws GomodfsError `SECURITY` if the files have another hash, `STORE` if an object is missing or no file
 */
export function foreignManifest(
  database: ObjectDatabase,
  id: ModuleVersion,
  zip: ObjectId,
  h1: string,
): Uint8Array {
  const rows = [...walkFiles(database, zip, "", 0).take(MAXIMUM_FILES + 1)];
  if (rows.length > MAXIMUM_FILES) throw new GomodfsError("STORE", `tree ${zip} is too large`);
  const prefix = `${formatModuleVersion(id)}/`;
  const actual = hash1(rows.map(({ name, sha256 }) => ({ name: prefix + name, sha256 })));
  if (actual !== h1) {
    throw new GomodfsError(
      "SECURITY",
      `the stored files of ${formatModuleVersion(id)} have the hash ${actual} instead of ${h1}`,
      { hint: "remove the module from the store and fetch it again" },
    );
  }
  return encodeManifest(actual, rows);
}

/** Files in the order of git's trees, which is that of a manifest. */
function* walkFiles(
  database: ObjectDatabase,
  tree: ObjectId,
  prefix: string,
  depth: number,
): Generator<ManifestRow, undefined> {
  if (depth > MAXIMUM_DEPTH) throw new GomodfsError("STORE", `tree ${tree} is too deep`);
  for (const entry of decodeTree(readTree(database, tree))) {
    const name = prefix + Buffer.from(entry.name).toString("utf8");
    if (/^0?40000$/.test(entry.mode)) {
      yield* walkFiles(database, objectIdFromBytes(entry.id), `${name}/`, depth + 1);
    } else if (/^100(?:644|755)$/.test(entry.mode)) {
      yield readRow(database, name, entry.id);
    } else {
      throw new GomodfsError("STORE", `${name} in tree ${tree} is neither a file nor a directory`);
    }
  }
}

function readRow(database: ObjectDatabase, name: string, id: Uint8Array): ManifestRow {
  const content = readBlob(database, objectIdFromBytes(id));
  return {
    name,
    size: content.length,
    storedSize: -1,
    crc32: crc32(content),
    objectId: Buffer.from(id),
    sha256: createHash("sha256").update(content).digest(),
  };
}

import { isGomodfsError } from "../lib/gomodfs_error.ts";
import type { ModuleVersion } from "../module/module_version.ts";
import { isPathPrefix } from "../module/path.ts";
import { parseTilePath } from "../sumdb/tile.ts";
import { parseEscapedVersion } from "./virtual_path.ts";

/** What a path below `cache/download/sumdb` names, whether or not it is there. */
export type ChecksumPath =
  | { readonly kind: "directory" }
  /** `NAME/lookup/M@V`: the record of a module version. */
  | { readonly kind: "record"; readonly database: string; readonly id: ModuleVersion }
  /** `NAME/tile/H/L/K[.p/W]`; `tile` begins at `tile/`. */
  | { readonly kind: "tile"; readonly database: string; readonly tile: string };

/** Directories on the way to a tile: the height, the level, thousands of the number, and that of partial tiles. */
const TILE_DIRECTORY =
  /^tile(?:\/\d{1,2}(?:\/(?:\d{1,2}|data)(?:\/x\d{3}){0,5}(?:\/\d{3}\.p)?)?)?$/;

/** What a path below `cache/download/sumdb` names; undefined if a checksum database has no such path. */
export function parseChecksumPath(path: string): ChecksumPath | undefined {
  if (path === "") return { kind: "directory" };
  const [, database, rest] = /^(.+?)(?:\/((?:lookup|tile)(?:\/.*)?))?$/.exec(path) ?? [];
  if (database?.includes(".") !== true) return undefined;
  if (rest === undefined || rest === "lookup") return { kind: "directory" };
  return rest.startsWith("lookup/")
    ? parseRecordPath(database, rest.slice("lookup/".length))
    : parseTileFile(database, rest);
}

function parseRecordPath(database: string, path: string): ChecksumPath | undefined {
  const at = path.lastIndexOf("@");
  if (at < 0) return isPathPrefix(path.split("/")) ? { kind: "directory" } : undefined;
  const id = parseEscapedVersion(path.slice(0, at), path.slice(at + 1));
  return id === undefined ? undefined : { kind: "record", database, id };
}

function parseTileFile(database: string, tile: string): ChecksumPath | undefined {
  if (TILE_DIRECTORY.test(tile)) return { kind: "directory" };
  return isTilePath(tile) ? { kind: "tile", database, tile } : undefined;
}

function isTilePath(path: string): boolean {
  try {
    parseTilePath(path);
    return true;
  } catch (error) {
    if (isGomodfsError(error, "INVALID")) return false;
    throw error;
  }
}

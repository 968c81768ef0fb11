import { isGomodfsError } from "../lib/gomodfs_error.ts";
import { unescapePath, unescapeVersion } from "../module/escape.ts";
import type { ModuleVersion } from "../module/module_version.ts";
import { parseModuleVersion } from "../module/path.ts";
import { parseTilePath, type Tile } from "../sumdb/tile.ts";

/** What a path of the checksum database protocol asks for. */
export type SumdbRequest<Database> = { readonly database: Database } & (
  | { readonly kind: "supported" }
  | { readonly kind: "latest" }
  | { readonly kind: "record"; readonly id: ModuleVersion }
  | { readonly kind: "tile"; readonly tile: Tile }
);

/**
 * Reads what stands behind `/sumdb/`, percent-encoded as it was sent: a database's name, which may have slashes, and what is
 * wanted of it.
 *
 * @returns undefined if there is no such database, or no such path in any
 */
export function parseSumdbPath<Database>(
  encoded: string,
  databaseNamed: (name: string) => Database | undefined,
): SumdbRequest<Database> | undefined {
  const path = decodePath(encoded);
  if (path === undefined) return undefined;
  for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1)) {
    const database = databaseNamed(path.slice(0, slash));
    if (database !== undefined) return parseRequest(database, path.slice(slash + 1));
  }
  return undefined;
}

function parseRequest<Database>(
  database: Database,
  path: string,
): SumdbRequest<Database> | undefined {
  if (path === "supported" || path === "latest") return { kind: path, database };
  try {
    if (path.startsWith("tile/")) return { kind: "tile", database, tile: parseTilePath(path) };
    const match = /^lookup\/([^@]+)@([^@]+)$/.exec(path);
    if (match === null) return undefined;
    const [, modulePath = "", version = ""] = match;
    const id = parseModuleVersion(unescapePath(modulePath), unescapeVersion(version));
    return { kind: "record", database, id };
  } catch (error) {
    if (isGomodfsError(error, "INVALID")) return undefined;
    throw error;
  }
}

/** Undefined where an encoded element holds a slash, which would make two elements of it, or is no UTF-8. */
function decodePath(encoded: string): string | undefined {
  try {
    const elements = encoded.split("/").map(decodeURIComponent);
    return elements.some((element) => element.includes("/")) ? undefined : elements.join("/");
  } catch {
    return undefined;
  }
}

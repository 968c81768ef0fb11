import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import { formatModuleVersion } from "../../module/module_version.ts";
import { formatVirtualPath, type TreeNode } from "../../tree/tree_node.ts";
import type {
  FoundNode,
  NodeStat,
  TreeEntry,
  TreeFailure,
  VirtualFileSystem,
} from "../../tree/virtual_file_system.ts";

/** A row of a listing. */
export interface ListingRow {
  readonly name: string;
  /** Where a client goes on behind this row. */
  readonly cookie: number;
  /** Undefined for "..", of which clients want no more than its name and number. */
  readonly stat: NodeStat | undefined;
  readonly node: TreeNode;
}

/** Rows of all listings that are kept, so that the pages of one do not each begin with making it. */
const KEPT_ROWS = 2 ** 17;
/** Of 52 bits: numbers are exact in JavaScript below 2^53. The first are "." and "..". */
const FIRST_COOKIE = 3;
const COOKIE_LIMIT = 2 ** 52;

/**
 * Listings of directories in pages. The cookies of a module's rows are their positions, since modules never change.
 * Elsewhere names come and go while somebody reads on, perhaps from another server: there a cookie is a digest of the
 * name, and the rows are in the order of their cookies.
 */
export class Listings {
  readonly #files: VirtualFileSystem;
  readonly #kept = new LRUCache<string, readonly ListingRow[]>({
    maxSize: KEPT_ROWS,
    sizeCalculation: (rows) => rows.length + 1,
  });

  constructor(files: VirtualFileSystem) {
    this.#files = files;
  }

  /** The rows behind `cookie`, "." and ".." among them; a cookie of 0 begins. */
  after(directory: TreeNode, cookie: number): Iterable<ListingRow> | TreeFailure {
    const rows = this.#rows(directory, cookie !== 0);
    if ("failure" in rows) return rows;
    return rows.values().drop(firstAfter(rows, cookie));
  }

  #rows(directory: TreeNode, goesOn: boolean): readonly ListingRow[] | TreeFailure {
    const key = listingKey(directory);
    const kept = goesOn || directory.kind !== "path" ? this.#kept.get(key) : undefined;
    if (kept !== undefined) return kept;
    const entries = this.#files.entries(directory);
    if ("failure" in entries) return entries;
    const parent = this.#files.parent(directory);
    if ("failure" in parent) return parent;
    const stat = this.#files.stat(directory);
    const rows: ListingRow[] = [
      { name: ".", cookie: 1, node: directory, stat: "failure" in stat ? undefined : stat },
      { name: "..", cookie: 2, node: parent, stat: undefined },
      ...(directory.kind === "path" ? rowsByDigest(entries) : rowsByPosition(entries)),
    ];
    this.#kept.set(key, rows);
    return rows;
  }
}

function rowsByPosition(entries: readonly TreeEntry[]): ListingRow[] {
  return entries.map((entry, index) => row(entry, FIRST_COOKIE + index));
}

function rowsByDigest(entries: readonly TreeEntry[]): ListingRow[] {
  const rows = entries
    .map((entry) => row(entry, digestCookie(entry.name)))
    .sort((a, b) => a.cookie - b.cookie);
  // Somebody who chose names for it could make two digests agree.
  let last = 0;
  return rows.map((found) => {
    last = Math.max(last + 1, found.cookie);
    return found.cookie === last ? found : { ...found, cookie: last };
  });
}

function row(entry: FoundNode & { readonly name: string }, cookie: number): ListingRow {
  return { name: entry.name, cookie, node: entry.node, stat: entry.stat };
}

function digestCookie(name: string): number {
  const digest = createHash("sha256").update(name).digest();
  return FIRST_COOKIE + ((digest.readUIntBE(0, 6) * 8 + (digest.readUInt8(6) >> 5)) % COOKIE_LIMIT);
}

/** The position of the first row whose cookie is greater. */
function firstAfter(rows: readonly ListingRow[], cookie: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((rows[middle]?.cookie ?? 0) <= cookie) low = middle + 1;
    else high = middle;
  }
  return low;
}

function listingKey(node: TreeNode): string {
  return node.kind === "path"
    ? formatVirtualPath(node.path)
    : `${formatModuleVersion(node.id)}/${node.index}`;
}

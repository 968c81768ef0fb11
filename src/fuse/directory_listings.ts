import type { DirectoryEntry, FileSystem, NodeId } from "./file_system.ts";

/** Positions of one listing; offsets of rows stay below 2^53. */
const POSITION_LIMIT = 2 ** 24;
const LISTING_LIMIT = 2 ** 28;
/** Rows of "." and "..". */
const DOT_ROWS = 2;

/** How much is kept of directories that are being read. */
export interface ListingLimits {
  readonly listings: number;
  readonly rows: number;
}

const DEFAULT_LIMITS: ListingLimits = { listings: 128, rows: 2 ** 19 };

/** The rows of a directory as they were when somebody began to read it. */
export interface Listing {
  readonly id: number;
  readonly directory: NodeId;
  /** Without "." and "..", which have the positions 0 and 1. */
  readonly rows: readonly DirectoryEntry[];
  /** For each row whether its reference has been handed to the kernel. */
  readonly granted: Uint8Array;
}

/**
 * Listings of directories that are being read. Without OPENDIR there are no handles, so the offset of a row says which
 * listing it belongs to: readers that began at different times do not mix.
 *
 * Each row that `FileSystem.entries` gives is one reference. It goes to the kernel when READDIRPLUS sends the row for
 * the first time; what was never sent is given back when the listing is dropped.
 */
export class DirectoryListings {
  readonly #fileSystem: FileSystem;
  readonly #limits: ListingLimits;
  /** The least recently used first. */
  readonly #listings = new Map<number, Listing>();
  #rows = 0;
  #nextId = 0;

  constructor(fileSystem: FileSystem, limits: ListingLimits = DEFAULT_LIMITS) {
    this.#fileSystem = fileSystem;
    this.#limits = limits;
  }

  /** Keeps the rows of `directory` for those who read on. The listing last added is never dropped to make room. */
  add(directory: NodeId, rows: readonly DirectoryEntry[]): Listing {
    this.#nextId = (this.#nextId + 1) % LISTING_LIMIT;
    const listing = { id: this.#nextId, directory, rows, granted: new Uint8Array(rows.length) };
    this.#listings.set(listing.id, listing);
    this.#rows += rows.length;
    this.#makeRoom();
    return listing;
  }

  /** The listing to which the row at `offset` of `directory` belongs, unless it has been dropped. */
  find(directory: NodeId, offset: number): Listing | undefined {
    const id = Math.floor(offset / POSITION_LIMIT);
    const listing = this.#listings.get(id);
    if (listing?.directory !== directory) return undefined;
    this.#listings.delete(id);
    this.#listings.set(id, listing);
    return listing;
  }

  /** Drops a listing that has been read to its end. */
  drop(listing: Listing): void {
    if (!this.#listings.delete(listing.id)) return;
    this.#rows -= listing.rows.length;
    for (const [index, { attributes }] of listing.rows.entries()) {
      if (listing.granted[index] === 0) this.#fileSystem.forget(attributes.node, 1);
    }
  }

  #makeRoom(): void {
    for (const oldest of this.#listings.values()) {
      const few = this.#listings.size <= this.#limits.listings && this.#rows <= this.#limits.rows;
      if (few || this.#listings.size === 1) return;
      this.drop(oldest);
    }
  }
}

/** Whether a directory of so many rows can be listed at all. */
export function isListable(rows: readonly DirectoryEntry[]): boolean {
  return rows.length + DOT_ROWS < POSITION_LIMIT;
}

/** The position that `offset` of a READDIR means: 0 is ".", 1 is "..", 2 the first row. */
export function positionOf(offset: number): number {
  return offset % POSITION_LIMIT;
}

/** The offset that makes a READDIR go on at `position` of `listing`. */
export function offsetOf(listing: Listing, position: number): number {
  return listing.id * POSITION_LIMIT + position;
}

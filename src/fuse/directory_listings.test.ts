import { describe, expect, it } from "vitest";
import { DirectoryListings, offsetOf, positionOf } from "./directory_listings.ts";
import type { DirectoryEntry, FileSystem, NodeId } from "./file_system.ts";
import { MemoryFileSystem } from "./testdata/memory_file_system.ts";

/** A file system that only remembers what it is told to forget. */
class Forgetful extends MemoryFileSystem implements FileSystem {
  readonly forgotten: NodeId[] = [];

  constructor() {
    super({ kind: "directory", entries: new Map() });
  }

  override forget(node: NodeId, count: number): void {
    this.forgotten.push(...Array<NodeId>(count).fill(node));
  }
}

function rows(...nodes: readonly NodeId[]): DirectoryEntry[] {
  return nodes.map((node) => ({
    name: Buffer.from(`${node}`),
    attributes: { node, kind: "file", size: 0, executable: false },
  }));
}

describe("DirectoryListings", () => {
  it("finds a listing by the offset of any of its rows, for its directory only", () => {
    const listings = new DirectoryListings(new Forgetful());
    const first = listings.add(7, rows(10, 11));
    const second = listings.add(7, rows(10, 11, 12));
    expect(listings.find(7, offsetOf(first, 1))).toBe(first);
    expect(listings.find(7, offsetOf(second, 3))).toBe(second);
    expect(listings.find(8, offsetOf(first, 1))).toBeUndefined();
    expect(positionOf(offsetOf(second, 3))).toBe(3);
  });

  it("gives back the references of rows that the kernel never got", () => {
    const fileSystem = new Forgetful();
    const listings = new DirectoryListings(fileSystem);
    const listing = listings.add(7, rows(10, 11, 12));
    listing.granted[1] = 1;
    listings.drop(listing);
    listings.drop(listing);
    expect(fileSystem.forgotten).toEqual([10, 12]);
    expect(listings.find(7, offsetOf(listing, 1))).toBeUndefined();
  });

  it("drops the least recently used to stay within its limits", () => {
    const fileSystem = new Forgetful();
    const listings = new DirectoryListings(fileSystem, { listings: 2, rows: 4 });
    const first = listings.add(1, rows(10));
    listings.add(2, rows(20));
    listings.find(1, offsetOf(first, 1));
    listings.add(3, rows(30));
    expect(fileSystem.forgotten).toEqual([20]);
    listings.add(4, rows(40, 41, 42, 43));
    expect(fileSystem.forgotten).toEqual([20, 10, 30]);
  });

  it("keeps a listing that is larger than the limit until the next one", () => {
    const fileSystem = new Forgetful();
    const listings = new DirectoryListings(fileSystem, { listings: 2, rows: 1 });
    const large = listings.add(1, rows(10, 11));
    expect(listings.find(1, offsetOf(large, 2))).toBe(large);
    listings.add(2, rows(20));
    expect(fileSystem.forgotten).toEqual([10, 11]);
  });
});

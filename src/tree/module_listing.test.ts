import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FileTable } from "./file_table.ts";
import { ModuleListing } from "./module_listing.ts";

function tableOf(names: readonly string[]): FileTable {
  const sorted = [...new Set(names)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return {
    count: sorted.length,
    name: (index) => sorted[index] ?? "",
    size: () => 1,
    executable: () => false,
    source: (index) => index,
    find: (name) => sorted.indexOf(name),
  };
}

function walk(listing: ModuleListing, directory = 0, path = ""): string[] {
  const files: string[] = [];
  for (const entry of listing.entries(directory)) {
    expect(listing.find(directory, entry.name)).toEqual(entry);
    const name = path === "" ? entry.name : `${path}/${entry.name}`;
    if (entry.kind === "file") files.push(name);
    else files.push(...walk(listing, entry.index, name));
  }
  return files;
}

describe("ModuleListing", () => {
  it("lists a module without files as an empty root", () => {
    const listing = new ModuleListing(tableOf([]));
    expect([...listing.entries(0)]).toEqual([]);
    expect(listing.directoryCount).toBe(1);
  });

  it("keeps names that sort between a directory and its files apart", () => {
    // "a-b" and "a.go" sort before "a/c", and "a0" after: "/" lies between "." and "0".
    const listing = new ModuleListing(tableOf(["a/c", "a-b", "a.go", "a0", "a/b/d", "a/b.go"]));
    expect([...listing.entries(0)].map((entry) => entry.name)).toEqual(["a-b", "a.go", "a", "a0"]);
    expect(walk(listing).sort()).toEqual(["a-b", "a.go", "a/b.go", "a/b/d", "a/c", "a0"]);
  });

  it("finds nothing that is not there", () => {
    const listing = new ModuleListing(tableOf(["a/b/c.go"]));
    expect(listing.find(0, "b")).toBeUndefined();
    expect(listing.find(0, "")).toBeUndefined();
  });

  it("walks to every file of any tree", () => {
    const element = fc
      .stringMatching(/^[a-c.0é-]{1,3}$/)
      .filter((name) => name !== "." && name !== "..");
    const names = fc.uniqueArray(
      fc.array(element, { minLength: 1, maxLength: 4 }).map((path) => path.join("/")),
    );
    fc.assert(
      fc.property(names, (all) => {
        // A name cannot be a file and a directory at once: the zip rules refuse it.
        const files = all.filter((name) => !all.some((other) => other.startsWith(`${name}/`)));
        expect(walk(new ModuleListing(tableOf(files))).sort()).toEqual([...files].sort());
      }),
    );
  });
});

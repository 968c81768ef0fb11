import { describe, expect, it } from "vitest";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { moduleFlags, parseGoFlags } from "../upstream/go_flags.ts";
import {
  chooseDestination,
  type PrefetchDestination,
  type PrefetchFlags,
  parseConcurrency,
} from "./prefetch_flags.ts";

function choose(
  flags: Partial<PrefetchFlags>,
  { GOMODCACHE = "/home/me/go/pkg/mod", GOFLAGS = "" } = {},
): PrefetchDestination {
  const settings = { GOMODCACHE, flags: moduleFlags(parseGoFlags(GOFLAGS)) };
  return chooseDestination({ concurrency: 64, directory: ".", ...flags }, "/src", settings);
}

describe("chooseDestination()", () => {
  it("takes the GOMODCACHE of the go command unless told otherwise", () => {
    const destination = { kind: "modcache", directory: "/home/me/go/pkg/mod" };
    expect(choose({})).toEqual({ ...destination, writableDirectories: false });
    expect(choose({ into: "modcache" })).toMatchObject(destination);
    expect(choose({}, { GOFLAGS: "-mod=mod -modcacherw" })).toEqual({
      ...destination,
      writableDirectories: true,
    });
  });

  it("takes the directory that is named, relative to where the command works", () => {
    expect(choose({ modcache: "cache" })).toMatchObject({ directory: "/src/cache" });
    expect(choose({ into: "zips", zips: "/out" })).toEqual({ kind: "zips", directory: "/out" });
    expect(choose({ into: "store", store: "s" })).toMatchObject({ kind: "store", name: "/src/s" });
    expect(choose({ into: "store", store: "dir:s" })).toMatchObject({ name: "dir:/src/s" });
    expect(choose({ into: "store" })).toMatchObject({ kind: "store", name: undefined });
  });

  it("needs no --into where a directory says it", () => {
    expect(choose({ zips: "out" })).toMatchObject({ kind: "zips" });
    expect(choose({ store: "s" })).toMatchObject({ kind: "store" });
  });

  it.each<{ flags: Partial<PrefetchFlags>; says: RegExp }>([
    { flags: { into: "store", modcache: "x" }, says: /--modcache does not go with --into store/ },
    { flags: { into: "modcache", store: "x" }, says: /--store does not go with --into modcache/ },
    {
      flags: { into: "zips", zips: "x", store: "y" },
      says: /--store does not go with --into zips/,
    },
    { flags: { modcache: "x", zips: "y" }, says: /--zips does not go with --modcache/ },
    { flags: { into: "zips" }, says: /--into zips needs the directory/ },
  ])("refuses $flags", ({ flags, says }) => {
    expect(() => choose(flags)).toThrow(says);
    expect(() => choose(flags)).toThrow(GomodfsError);
  });

  it("refuses a relative GOMODCACHE, as the go command does", () => {
    expect(() => choose({}, { GOMODCACHE: "pkg/mod" })).toThrow(/not an absolute path/);
  });
});

describe("parseConcurrency()", () => {
  it("reads whole numbers within bounds", () => {
    expect(["1", "64", "1024"].map(parseConcurrency)).toEqual([1, 64, 1024]);
  });

  it.each(["0", "1025", "-1", "1.5", "many", "", "99999999999"])("refuses %j", (text) => {
    expect(parseConcurrency(text)).toBeUndefined();
  });
});

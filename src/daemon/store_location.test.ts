import { describe, expect, it } from "vitest";
import { locateProxyTree, locateStore } from "./store_location.ts";

const ENVIRONMENT = { XDG_CACHE_HOME: "/caches", HOME: "/home/somebody" };
const IS_WRITABLE = { writableDirectories: true };

describe("locateStore()", () => {
  it("finds the default store", () => {
    expect(locateStore(undefined, ENVIRONMENT)).toEqual({
      directory: "/caches/gomodfs",
      backend: { kind: "git", repository: "/caches/gomodfs/git" },
      checksums: "/caches/gomodfs/sumdb",
      spool: "/caches/gomodfs/spool",
      state: "/caches/gomodfs",
    });
    const { directory } = locateStore(undefined, { HOME: "/home/somebody" });
    expect(directory).toBe("/home/somebody/.cache/gomodfs");
  });

  it("takes a directory of another name", () => {
    expect(locateStore("/srv/store", ENVIRONMENT).backend).toEqual({
      kind: "git",
      repository: "/srv/store/git",
    });
  });

  it("keeps what is gomodfs's own out of a GOMODCACHE", () => {
    const location = locateStore("dir:/srv//mod/", ENVIRONMENT, IS_WRITABLE);
    expect(location).toMatchObject({
      directory: "/srv/mod",
      backend: { kind: "dir", directory: "/srv/mod", writableDirectories: true },
      checksums: "/srv/mod/cache/download/sumdb",
      spool: "/caches/gomodfs/spool",
    });
    expect(location.state).toMatch(/^\/caches\/gomodfs\/directories\/[0-9a-f]{32}$/);
    const other = locateStore("dir:/srv/other", ENVIRONMENT);
    expect(other.state).not.toBe(location.state);
  });

  it("refuses dir: without a path", () => {
    expect(() => locateStore("dir:", ENVIRONMENT)).toThrow(/names no directory/);
  });
});

it("locateProxyTree() has the files of cache/download at its root", () => {
  expect(locateProxyTree("/srv/proxy", ENVIRONMENT)).toMatchObject({
    directory: "/srv/proxy",
    backend: { kind: "dir", downloadDirectory: "/srv/proxy", extract: false },
    checksums: "/caches/gomodfs/sumdb",
  });
});

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { describeTree } from "../../../test/support/directory_tree.ts";
import { moduleEntries, writeModuleZip, writeZip } from "../../../test/support/hostile_zip.ts";
import { rejection } from "../../../test/support/rejection.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../../test/support/temporary_directory.ts";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import type { H1, ModuleVersion } from "../../module/module_version.ts";
import { parseModuleVersion } from "../../module/path.ts";
import { contentsOf, expectedContents, expectedH1, type Files } from "../module_contents.ts";
import type { ZipBytes } from "../module_store.ts";
import { DirStore, type DirStoreOptions } from "./dir_store.ts";
import { LockedFile } from "./locked_file.ts";
import { ModuleCacheLayout, type ModuleCachePaths } from "./module_cache_layout.ts";
import { SynchronousExtractor } from "./synchronous_extractor.ts";

const ID = parseModuleVersion("example.com/Upper/b", "v1.2.3-RC1");
const FILES: Files = {
  "go.mod": "module example.com/Upper/b\n",
  "sub/deep/a.go": "package deep\n",
  "large.bin": Uint8Array.from({ length: 300_000 }, (_, index) => (index * index) >> 5),
};
const OTHER_H1 = expectedH1(ID, { "other.go": "package other\n" });

let directory: TemporaryDirectory;
let modcache: string;
let paths: ModuleCachePaths;
let store: DirStore;

beforeEach(() => {
  directory = temporaryDirectory();
  modcache = directory.join("mod");
  paths = new ModuleCacheLayout({ directory: modcache }).paths(ID);
  store = open();
});

afterEach(async () => {
  await store.close();
  directory[Symbol.dispose]();
});

function open(options: Partial<DirStoreOptions> = {}): DirStore {
  return new DirStore({ directory: modcache, extractor: new SynchronousExtractor(), ...options });
}

function zipOf(files: Files): ZipBytes {
  return { kind: "memory", bytes: writeModuleZip(ID, files) };
}

async function put(into: DirStore = store, verify: (h1: H1) => void = () => {}): Promise<H1> {
  return await into.putModule(ID, zipOf(FILES), verify);
}

function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** What there is besides directories and locks. */
async function files(): Promise<string[]> {
  if (!existsSync(modcache)) return [];
  return (await describeTree(modcache))
    .filter((line) => line.startsWith("10") && !line.endsWith(".lock"))
    .map((line) => line.slice(line.lastIndexOf(" ") + 1));
}

const refuse = (): never => {
  throw new GomodfsError("SECURITY", "checksum mismatch");
};

describe("putModule()", () => {
  it("leaves nothing when verify refuses", async () => {
    await expect(put(store, refuse)).rejects.toEqual(rejection("SECURITY"));
    expect(await files()).toEqual([]);
    expect(existsSync(paths.directory)).toBe(false);
  });

  it("redoes what a killed writer left", async () => {
    write(paths.partial, "");
    write(paths.zipHash, OTHER_H1);
    write(`${paths.zip}77.tmp`, "half a zip");
    write(`${paths.zipHash}78.tmp`, "h1");
    write(join(paths.directory, "stale/half.go"), "packa");
    await put();
    expect(contentsOf(store.openModule(ID))).toEqual(expectedContents(FILES));
    expect(existsSync(join(paths.directory, "stale"))).toBe(false);
    expect((await files()).filter((name) => /tmp|partial/.test(name))).toEqual([]);
  });

  it("leaves temporary files of other versions alone", async () => {
    const other = `${paths.zip.slice(0, -".zip".length)}.zip5.zip99.tmp`;
    write(other, "of a version that ends in .zip5");
    await put();
    expect(existsSync(other)).toBe(true);
  });

  it("repairs an empty .ziphash beside a zip, which go commands stumble over", async () => {
    await put();
    writeFileSync(paths.zipHash, "");
    expect(store.openModule(ID)).toBeUndefined();
    await put();
    expect(readFileSync(paths.zipHash, "utf8")).toBe(expectedH1(ID, FILES));
  });

  it("accepts a module that is extracted and lacks its zip", async () => {
    await put();
    rmSync(paths.zip);
    expect(store.openModule(ID)).toBeUndefined();
    const extracted = await describeTree(paths.directory);
    await put();
    expect(contentsOf(store.openModule(ID))).toEqual(expectedContents(FILES));
    expect(await describeTree(paths.directory)).toEqual(extracted);
  });

  it("refuses to contradict the .ziphash of a zip that is there, and changes nothing", async () => {
    write(paths.zip, "somebody's zip");
    write(paths.zipHash, OTHER_H1);
    const before = await files();
    await expect(put()).rejects.toEqual(rejection("SECURITY", paths.zipHash));
    expect(await files()).toEqual(before);
    expect(existsSync(paths.directory)).toBe(false);
  });

  it("refuses a complete module whose hash is not the expected one", async () => {
    await put();
    const before = await describeTree(modcache);
    await expect(put(store, refuse)).rejects.toEqual(rejection("SECURITY", paths.zipHash));
    expect(await describeTree(modcache)).toEqual(before);
  });

  it("gives what another writer has completed, while it waits for the lock, its own verification", async () => {
    mkdirSync(paths.downloadDirectory, { recursive: true });
    const lock = await LockedFile.open(paths.lock);
    const seen: H1[] = [];
    const waiting = put(store, (h1) => void seen.push(h1));
    await expect(Promise.race([waiting, Promise.resolve("waits")])).resolves.toBe("waits");
    write(paths.zip, writeModuleZip(ID, { "other.go": "package other\n" }));
    write(paths.zipHash, `${OTHER_H1}\n`);
    write(join(paths.directory, "other.go"), "package other\n");
    expect(seen).toEqual([]);
    await lock[Symbol.asyncDispose]();
    expect(await waiting).toBe(OTHER_H1);
    expect(seen).toEqual([OTHER_H1]);
  });

  it("extracts what was only downloaded before", async () => {
    await put(open({ extract: false }));
    expect(existsSync(paths.directory)).toBe(false);
    expect(store.openModule(ID)).toBeUndefined();
    await put();
    expect(contentsOf(store.openModule(ID))).toEqual(expectedContents(FILES));
  });

  it.each([
    ["full", "size=200k", /no space is left/, /free some space/],
    ["read-only", "size=2m,ro", /read-only/, /can be written/],
  ])(
    "says what to do about a %s file system, and leaves nothing",
    async (_, options, reason, hint) => {
      mkdirSync(modcache);
      execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", modcache]);
      try {
        const error = await put().catch((thrown: unknown) => thrown);
        expect(error).toEqual(rejection("STORE", modcache));
        expect(error).toMatchObject({
          message: expect.stringMatching(reason) as unknown,
          hint: expect.stringMatching(hint) as unknown,
        });
        expect(await files()).toEqual([]);
        expect(existsSync(paths.directory)).toBe(false);
      } finally {
        execFileSync("umount", [modcache]);
      }
    },
  );

  it("leaves nothing when the zip cannot get its name", async () => {
    mkdirSync(join(paths.zip, "in the way"), { recursive: true });
    await expect(put()).rejects.toEqual(rejection("STORE", paths.zip));
    expect(await files()).toEqual([]);
    expect(existsSync(paths.directory)).toBe(false);
  });

  it("says that a file is in the way", async () => {
    writeFileSync(modcache, "");
    await expect(put()).rejects.toEqual(rejection("STORE", modcache));
  });
});

describe("putGoMod()", () => {
  it("lists many versions in order, those with upper case left out as cmd/go does", async () => {
    const versions = Array.from({ length: 200 }, (_, index) => `v1.${index}.0`);
    const ids = [...versions.toReversed(), "v1.0.0-RC1", "v1.0.0-rc.2", "v0.0.1"].map((version) =>
      parseModuleVersion("example.com/many", version),
    );
    await Promise.all(ids.map((id) => store.putGoMod(id, Buffer.from(`module ${id.path}\n`))));
    const list = join(modcache, "cache/download/example.com/many/@v/list");
    expect(readFileSync(list, "utf8")).toBe(
      ["v0.0.1", "v1.0.0-rc.2", ...versions].map((version) => `${version}\n`).join(""),
    );
  });

  it("keeps what is there", async () => {
    await store.putGoMod(ID, Buffer.from("module one\n"));
    await store.putGoMod(ID, Buffer.from("module two\n"));
    expect(Buffer.from(store.readGoMod(ID) ?? "").toString()).toBe("module one\n");
  });

  it("fails clearly where it cannot write", async () => {
    mkdirSync(`${paths.goMod}/in the way`, { recursive: true });
    await expect(open().putInfo(ID, Buffer.alloc(2 << 20))).rejects.toEqual(rejection("TOO_LARGE"));
    expect(() => store.readGoMod(ID)).toThrow(/no ordinary file/);
  });
});

describe("what is damaged or hostile", () => {
  it("a FIFO in the place of a file is an error, not a wait", () => {
    mkdirSync(paths.downloadDirectory, { recursive: true });
    execFileSync("mkfifo", [paths.info]);
    expect(() => store.readInfo(ID)).toThrow(/no ordinary file/);
  });

  it("a changed, a shortened and a missing file are told", async () => {
    await put();
    const module = store.openModule(ID);
    const index = module?.manifest.find("sub/deep/a.go") ?? -1;
    const file = join(paths.directory, "sub/deep/a.go");
    for (const damage of [
      () => writeFileSync(file, "package evil\n"),
      () => truncateSync(file, 3),
      () => writeFileSync(file, "package deep; more than there was\n"),
      () => rmSync(file),
    ]) {
      damage();
      expect(() => module?.readFile(index)).toThrow(GomodfsError);
      expect(() => module?.readFile(index)).toThrow(paths.directory);
    }
  });

  it("a truncated zip is told by who reads it, and status can still be asked", async () => {
    await put();
    truncateSync(paths.zip, 100);
    const module = store.openModule(ID);
    expect(() => module?.manifest).toThrow(paths.zip);
    expect(store.usage()).toMatchObject({ modules: 1, zips: 1 });
  });

  it("a zip whose names lead outside is not read", async () => {
    await put();
    const evil = writeZip([...moduleEntries(ID, FILES), { name: "../../etc/passwd", content: "" }]);
    writeFileSync(paths.zip, evil);
    expect(() => store.openModule(ID)?.manifest).toThrow(paths.zip);
  });

  it("names that are no module versions are not listed", async () => {
    await put();
    for (const name of [
      "master.info",
      "v1.info",
      "list",
      "v1.2.4.lock",
      "v1.2.5.ziphash",
      ".mod",
    ]) {
      write(join(paths.downloadDirectory, name), "x");
    }
    write(join(modcache, "cache/download/sumdb/sum.example.com/lookup/a@v1.0.0"), "x");
    write(join(modcache, "cache/download/example.com/UPPER/@v/v1.0.0.info"), "x");
    const listed: ModuleVersion[] = store.list().map(({ id }) => id);
    expect(listed).toEqual([ID]);
  });
});

describe("remove()", () => {
  it("leaves the lock and an empty list", async () => {
    await put();
    await store.putInfo(ID, Buffer.from("{}"));
    await store.putGoMod(ID, Buffer.from("module x\n"));
    await store.remove(ID);
    expect((await files()).map((name) => name.slice(name.lastIndexOf("/") + 1))).toEqual(["list"]);
    expect(existsSync(paths.directory)).toBe(false);
  });

  it("makes nothing where there is nothing", async () => {
    await store.remove(ID);
    expect(existsSync(modcache)).toBe(false);
  });
});

import { writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { moduleEntries, writeModuleZip, writeZip } from "../../test/support/hostile_zip.ts";
import { temporaryDirectory } from "../../test/support/temporary_directory.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { formatModuleVersion, type H1, type ModuleVersion } from "../module/module_version.ts";
import { parseModuleVersion } from "../module/path.ts";
import { HOSTILE_ID, HOSTILE_MODULE_ZIPS } from "./hostile_module_zips.ts";
import { contentsOf, expectedContents, expectedH1, type Files } from "./module_contents.ts";
import type { ModuleStore, ZipBytes } from "./module_store.ts";

/** A store under test. */
export interface OpenedStore {
  readonly store: ModuleStore;
  /** Opens the same store once more, as another process would; left out where a store does not outlast its process. */
  readonly reopen?: () => Promise<ModuleStore>;
  /** Closes the store and removes what is left of it. */
  readonly close: () => Promise<void>;
}

const ID = parseModuleVersion("example.com/a/b", "v1.2.3");
const OTHER_ID = parseModuleVersion("example.com/Upper/Case", "v2.0.0+incompatible");
const FILES: Files = {
  "go.mod": "module example.com/a/b\n",
  "a.go": "package b\n",
  "empty.go": "",
  "sub/copy.go": "package b\n",
  "sub/other_empty": "",
  "sub/large.txt": "line of a larger file\n".repeat(10_000),
  "sub/random.bin": Uint8Array.from({ length: 70_000 }, (_, index) => (index * index) >> 3),
};

/**
 * The tests that every ModuleStore must pass.
 *
 * @param open opens an empty store
 */
export function describeModuleStore(name: string, open: () => Promise<OpenedStore>): void {
  describe(`${name} as a ModuleStore`, () => {
    let opened: OpenedStore;
    let store: ModuleStore;

    beforeEach(async () => {
      opened = await open();
      store = opened.store;
    });

    afterEach(() => opened.close());

    test("is empty at first", () => {
      expect(store.list()).toEqual([]);
      expect(store.openModule(ID)).toBeUndefined();
      expect(store.readInfo(ID)).toBeUndefined();
      expect(store.readGoMod(ID)).toBeUndefined();
      expect(store.usage()).toMatchObject({ modules: 0, zips: 0, servedBytes: 0 });
    });

    test("keeps .info and .mod files", async () => {
      const info = Buffer.from('{"Version":"v1.2.3"}');
      const goMod = Buffer.from("module example.com/a/b\n");
      await store.putInfo(ID, info);
      expect(store.readGoMod(ID)).toBeUndefined();
      await store.putGoMod(ID, goMod);
      expect(Buffer.from(store.readInfo(ID) ?? "")).toEqual(info);
      expect(Buffer.from(store.readGoMod(ID) ?? "")).toEqual(goMod);
      expect(store.openModule(ID)).toBeUndefined();
      expect(store.list()).toEqual([{ id: ID, info: true, goMod: true, zip: false }]);
    });

    test("keeps the files of a module", async () => {
      const h1 = await put(store, ID, FILES);
      expect(h1).toBe(expectedH1(ID, FILES));
      expect(contentsOf(store.openModule(ID))).toEqual(expectedContents(FILES));
    });

    test("takes a zip from a file", async () => {
      using directory = temporaryDirectory();
      const path = directory.join("spooled.zip");
      const bytes = writeModuleZip(ID, FILES);
      writeFileSync(path, bytes);
      await store.putModule(ID, { kind: "file", path, size: bytes.length }, () => undefined);
      expect(contentsOf(store.openModule(ID))).toEqual(expectedContents(FILES));
    });

    test("takes a zip that is a part of a larger buffer", async () => {
      const whole = writeModuleZip(ID, FILES);
      const larger = new Uint8Array(whole.length + 200);
      larger.set(whole, 100);
      const bytes = larger.subarray(100, 100 + whole.length);
      await store.putModule(ID, { kind: "memory", bytes }, () => undefined);
      expect(contentsOf(store.openModule(ID))).toEqual(expectedContents(FILES));
    });

    test("keeps a module without files", async () => {
      expect(await put(store, ID, {})).toBe(expectedH1(ID, {}));
      expect(contentsOf(store.openModule(ID))).toEqual(expectedContents({}));
      expect(store.list()).toEqual([{ id: ID, info: false, goMod: false, zip: true }]);
    });

    test("keeps files that the zip does not compress", async () => {
      const entries = moduleEntries(ID, FILES).map((entry) => ({ ...entry, method: 0 }));
      await store.putModule(ID, memory(writeZip(entries)), () => undefined);
      expect(contentsOf(store.openModule(ID))).toEqual(expectedContents(FILES));
    });

    test("keeps nothing of the bytes behind a file's deflate stream", async () => {
      const [entry] = moduleEntries(ID, { "a.txt": "abc" });
      const data = Buffer.from("4b4c4a06000102030405", "hex");
      await store.putModule(ID, memory(writeZip([{ name: "", ...entry, data }])), () => undefined);
      expect(contentsOf(store.openModule(ID))).toEqual(expectedContents({ "a.txt": "abc" }));
    });

    test("covers directory entries by the hash, and makes no directories of them", async () => {
      const prefix = `${formatModuleVersion(ID)}/`;
      const directories = ["", "sub/", "empty/"];
      const zip = writeZip([
        ...directories.map((name) => ({ name: prefix + name, method: 0 })),
        ...moduleEntries(ID, FILES),
      ]);
      const h1 = await store.putModule(ID, memory(zip), () => undefined);
      expect(h1).toBe(expectedH1(ID, { ...FILES, "": "", "sub/": "", "empty/": "" }));
      expect(contentsOf(store.openModule(ID))).toEqual(expectedContents(FILES));
      expect(store.openModule(ID)?.manifest.directories).toEqual(directories);
    });

    test("keeps exotic names", async () => {
      const files: Files = Object.fromEntries(
        [
          "-dash",
          ".dot",
          ".github/workflows/x.yml",
          "a b/c d.txt",
          "ä/日本語.go",
          "plus+at@equals=tilde~.txt",
          `${"long-directory-name/".repeat(12)}${"n".repeat(200)}.go`,
          "a-b",
          "a.b",
          "a/b",
        ].map((path) => [path, `content of ${path}`]),
      );
      expect(await put(store, ID, files)).toBe(expectedH1(ID, files));
      expect(contentsOf(store.openModule(ID))).toEqual(expectedContents(files));
    });

    test("keeps 10,000 files, a tenth of them distinct", async () => {
      const files: Record<string, string> = {};
      for (let index = 0; index < 10_000; index++) {
        files[`d${index % 97}/f${index}.go`] = `package p${index % 1000}\n`;
      }
      expect(await put(store, ID, files)).toBe(expectedH1(ID, files));
      expect(contentsOf(store.openModule(ID))).toEqual(expectedContents(files));
    });

    test("tells modules and versions apart", async () => {
      const next = parseModuleVersion(ID.path, "v1.2.4");
      await put(store, ID, { "a.txt": "one" });
      await put(store, next, { "a.txt": "two" });
      await put(store, OTHER_ID, { "a.txt": "three" });
      expect(contentsOf(store.openModule(ID))).toEqual(expectedContents({ "a.txt": "one" }));
      expect(contentsOf(store.openModule(next))).toEqual(expectedContents({ "a.txt": "two" }));
      expect(contentsOf(store.openModule(OTHER_ID))).toEqual(
        expectedContents({ "a.txt": "three" }),
      );
      const listed = store.list().map(({ id }) => formatModuleVersion(id));
      expect(listed.sort()).toEqual([OTHER_ID, ID, next].map(formatModuleVersion).sort());
    });

    test("asks verify before anything is visible, and leaves nothing if it refuses", async () => {
      const refused = new GomodfsError("SECURITY", "checksum mismatch");
      const verify = async (h1: H1) => {
        await Promise.resolve();
        expect(h1).toBe(expectedH1(ID, FILES));
        expect(store.openModule(ID)).toBeUndefined();
        throw refused;
      };
      const result = store.putModule(ID, memory(writeModuleZip(ID, FILES)), verify);
      await expect(result).rejects.toBe(refused);
      expect(store.openModule(ID)).toBeUndefined();
      expect(store.list()).toEqual([]);
      await put(store, ID, FILES);
      expect(contentsOf(store.openModule(ID))).toEqual(expectedContents(FILES));
    });

    test("takes the same module several times at once", async () => {
      const puts = Array.from({ length: 4 }, () => put(store, ID, FILES));
      expect(new Set(await Promise.all(puts))).toEqual(new Set([expectedH1(ID, FILES)]));
      expect(store.list()).toHaveLength(1);
      expect(contentsOf(store.openModule(ID))).toEqual(expectedContents(FILES));
    });

    test("takes many modules at once", async () => {
      const ids = Array.from({ length: 20 }, (_, index) =>
        parseModuleVersion(ID.path, `v1.0.${index}`),
      );
      await Promise.all(
        ids.map(async (id) => {
          await Promise.all([
            put(store, id, { ...FILES, "version.txt": id.version }),
            store.putInfo(id, Buffer.from(`{"Version":"${id.version}"}`)),
            store.putGoMod(id, Buffer.from(`module ${id.path}\n`)),
          ]);
        }),
      );
      expect(store.list()).toHaveLength(ids.length);
      for (const resident of store.list()) {
        expect(resident).toMatchObject({ info: true, goMod: true, zip: true });
        expect(contentsOf(store.openModule(resident.id))).toEqual(
          expectedContents({
            ...FILES,
            "version.txt": resident.id.version,
          }),
        );
      }
    });

    test("removes a module and takes it again", async () => {
      await put(store, ID, FILES);
      await put(store, OTHER_ID, FILES);
      await store.putInfo(ID, Buffer.from("{}"));
      await store.remove(ID);
      await store.remove(ID);
      expect(store.openModule(ID)).toBeUndefined();
      expect(store.readInfo(ID)).toBeUndefined();
      expect(store.list().map(({ id }) => id)).toEqual([OTHER_ID]);
      expect(contentsOf(store.openModule(OTHER_ID))).toEqual(expectedContents(FILES));
      await put(store, ID, { "new.txt": "new" });
      expect(contentsOf(store.openModule(ID))).toEqual(expectedContents({ "new.txt": "new" }));
    });

    test("tells what it takes up", async () => {
      await put(store, ID, FILES);
      await store.putInfo(OTHER_ID, Buffer.from("{}"));
      const usage = store.usage();
      expect(usage).toMatchObject({ modules: 2, zips: 1 });
      expect(usage.storedBytes).toBeGreaterThan(0);
      expect(usage.servedBytes).toBeGreaterThan(store.openModule(ID)?.manifest.totalSize ?? 0);
    });

    test("gives what it has after refresh()", async () => {
      await put(store, ID, FILES);
      store.refresh();
      expect(contentsOf(store.openModule(ID))).toEqual(expectedContents(FILES));
    });

    test("shows what was put, and what is put later, to who opens it once more", async () => {
      await put(store, ID, FILES);
      await store.putInfo(ID, Buffer.from("{}"));
      // A store that does not outlast its process has no second look; what is asked of one holds for the first too.
      const again = (await opened.reopen?.()) ?? store;
      expect(contentsOf(again.openModule(ID))).toEqual(expectedContents(FILES));
      expect(again.list()).toEqual([{ id: ID, info: true, goMod: false, zip: true }]);
      await put(store, OTHER_ID, { "a.txt": "later" });
      again.refresh();
      expect(contentsOf(again.openModule(OTHER_ID))).toEqual(
        expectedContents({ "a.txt": "later" }),
      );
      if (again !== store) await again.close();
    });

    test.each(HOSTILE_MODULE_ZIPS)("refuses a zip with: $title", async (hostile) => {
      const verified: H1[] = [];
      const verify = (h1: H1) => void verified.push(h1);
      const error = await rejection(
        store.putModule(HOSTILE_ID, memory(hostile.bytes.slice()), verify),
      );
      expect(error.code).toBe(hostile.code ?? "INVALID");
      expect(error.message).toMatch(hostile.reason);
      expect(error.message).toContain(formatModuleVersion(HOSTILE_ID));
      expect(verified).toEqual([]);
      expect(store.list()).toEqual([]);
    });
  });
}

function memory(bytes: Uint8Array<ArrayBuffer>): ZipBytes {
  return { kind: "memory", bytes };
}

function put(store: ModuleStore, id: ModuleVersion, files: Files): Promise<H1> {
  return store.putModule(id, memory(writeModuleZip(id, files)), () => undefined);
}

async function rejection(promise: Promise<unknown>): Promise<GomodfsError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof GomodfsError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

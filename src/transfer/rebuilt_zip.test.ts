import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { moduleEntries, writeModuleZip, writeZip } from "../../test/support/hostile_zip.ts";
import { rejection } from "../../test/support/rejection.ts";
import { temporaryDirectory } from "../../test/support/temporary_directory.ts";
import { parseModuleVersion } from "../module/path.ts";
import { createIngestPool, type IngestPool } from "../store/ingest.ts";
import { MemoryStore } from "../store/memory/memory_store.ts";
import type { StoredModule } from "../store/module_store.ts";
import { FILES } from "./module_tree_for_tests.ts";
import { checkRebuilt, RebuiltZip } from "./rebuilt_zip.ts";

const ID = parseModuleVersion("example.com/m", "v1.0.0");

describe("RebuiltZip", () => {
  let pool: IngestPool;

  beforeAll(() => {
    pool = createIngestPool({ workers: 1 });
  });

  afterAll(async () => {
    await pool.close();
  });

  async function stored(zip: Uint8Array<ArrayBuffer>): Promise<StoredModule> {
    const store = new MemoryStore(pool);
    await store.putModule(ID, { kind: "memory", bytes: zip }, () => {});
    const module = store.openModule(ID);
    if (module === undefined) throw new Error("it is not stored");
    return module;
  }

  test.each([
    { what: "small files", zip: () => writeModuleZip(ID, FILES) },
    {
      what: "files larger than a piece",
      zip: () =>
        writeModuleZip(ID, { "a.bin": randomBytes(9 << 20), "b.bin": randomBytes(5 << 20) }),
    },
    {
      what: "a directory entry",
      zip: () =>
        writeZip([{ name: "example.com/m@v1.0.0/d/", method: 0 }, ...moduleEntries(ID, FILES)]),
    },
    { what: "no files", zip: () => writeZip([{ name: "example.com/m@v1.0.0/", method: 0 }]) },
  ])("of a module with $what has its h1, in memory and in a file", async ({ zip }) => {
    using directory = temporaryDirectory();
    const module = await stored(zip());
    const rebuilt = new RebuiltZip(module);
    const path = directory.join("rebuilt.zip");
    await rebuilt.writeTo(path);
    const bytes = new Uint8Array(rebuilt.size());
    await rebuilt.readInto(bytes);
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect((await pool.ingest(ID, { kind: "memory", bytes })).h1).toBe(module.h1);
  });

  test("never replaces a file", async () => {
    using directory = temporaryDirectory();
    const rebuilt = new RebuiltZip(await stored(writeModuleZip(ID, FILES)));
    const path = directory.join("rebuilt.zip");
    await rebuilt.writeTo(path);
    await expect(rebuilt.writeTo(path)).rejects.toThrow("EEXIST");
  });

  test("another hash than the store's is an error that names the module", async () => {
    const { h1 } = await stored(writeModuleZip(ID, FILES));
    const other = await stored(writeModuleZip(ID, { "a.go": "" }));
    const check = async () => checkRebuilt(ID, other.h1, h1);
    await expect(check()).rejects.toEqual(rejection("STORE", "example.com/m@v1.0.0"));
  });
});

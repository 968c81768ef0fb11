import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { writeModuleZip } from "../../test/support/hostile_zip.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../test/support/temporary_directory.ts";
import { parseModuleVersion } from "../module/path.ts";
import { createIngestPool, type IngestPool } from "../store/ingest.ts";
import { MemoryStore } from "../store/memory/memory_store.ts";
import { openStore } from "../store/store_backend.ts";
import { ModuleCacheTarget } from "./module_cache_target.ts";
import { ModuleExporter } from "./module_exporter.ts";
import { FILES, infoOf, proxyPath } from "./module_tree_for_tests.ts";
import type { TransferResult } from "./transfer_result.ts";

const ID = parseModuleVersion("example.com/m", "v1.0.0");

describe("ModuleCacheTarget", () => {
  let directory: TemporaryDirectory;
  let pool: IngestPool;
  let source: MemoryStore;

  beforeEach(async () => {
    directory = temporaryDirectory();
    pool = createIngestPool({ workers: 1 });
    source = new MemoryStore(pool);
    await source.putModule(ID, { kind: "memory", bytes: writeModuleZip(ID, FILES) }, () => {});
    await source.putGoMod(ID, Buffer.from(FILES["go.mod"] ?? ""));
    await source.putInfo(ID, Buffer.from(infoOf(ID)));
  });

  afterEach(async () => {
    directory[Symbol.dispose]();
    await pool.close();
  });

  async function run(from = source): Promise<TransferResult | undefined> {
    const results: TransferResult[] = [];
    const { store, threads } = await openStore({ kind: "dir", directory: directory.path });
    const target = new ModuleCacheTarget({ directory: directory.path, store });
    const wanted = [{ id: ID, zip: true }];
    await new ModuleExporter(from, target).export(wanted, (result) => results.push(result));
    await target.close();
    await threads.close();
    await store.close();
    return results[0];
  }

  test("writes what a go command would, and keeps it the next time", async () => {
    expect(await run()).toMatchObject({ written: ["zip", "mod", "info"], errors: [] });
    expect(readdirSync(directory.path).toSorted()).toEqual(["cache", "example.com"]);
    expect(readFileSync(directory.join("example.com/m@v1.0.0/m.go"), "utf8")).toBe("package m\n");
    expect(await run()).toMatchObject({ written: [], bytes: 0, errors: [] });
  });

  test("keeps and names a module that is another", async () => {
    const other = new MemoryStore(pool);
    const files = { "go.mod": "module other\n" };
    await other.putModule(ID, { kind: "memory", bytes: writeModuleZip(ID, files) }, () => {});
    await other.putGoMod(ID, Buffer.from(files["go.mod"]));
    await other.putInfo(ID, Buffer.from(infoOf(ID)));
    await run();
    const result = await run(other);
    expect(result?.errors.map(({ code }) => code)).toEqual(["SECURITY", "SECURITY"]);
    expect(result?.errors[0]?.message).toContain(directory.join("example.com/m@v1.0.0"));
    expect(readFileSync(directory.join("example.com/m@v1.0.0/go.mod"), "utf8")).toBe(
      FILES["go.mod"],
    );
  });

  test("finds a .info that is about another version", async () => {
    await run();
    const path = `${proxyPath(directory.join("cache/download"), ID)}.info`;
    writeFileSync(path, infoOf({ version: parseModuleVersion("example.com/m", "v1.1.0").version }));
    const result = await run();
    expect(result?.errors.map(({ message }) => message)).toEqual([expect.stringContaining(path)]);
  });

  test("finds a file that was changed", async () => {
    await run();
    const path = directory.join("example.com/m@v1.0.0/m.go");
    chmodSync(path, 0o644);
    writeFileSync(path, "package x\n");
    const result = await run();
    expect(result?.errors.map(({ message }) => message)).toEqual([expect.stringContaining("m.go")]);
  });
});

import { readdirSync, readFileSync, statSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { writeModuleZip } from "../../test/support/hostile_zip.ts";
import { rejection } from "../../test/support/rejection.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../test/support/temporary_directory.ts";
import { compareBytes } from "../module/byte_order.ts";
import type { H1, ModuleVersion } from "../module/module_version.ts";
import { parseModuleVersion } from "../module/path.ts";
import { createIngestPool, type IngestPool } from "../store/ingest.ts";
import { MemoryStore } from "../store/memory/memory_store.ts";
import { expectedH1 } from "../store/module_contents.ts";
import { ModuleExporter } from "./module_exporter.ts";
import { FILES, type Files, infoOf, proxyPath, writeFileAt } from "./module_tree_for_tests.ts";
import { ProxyTree } from "./proxy_tree.ts";
import type { TransferResult } from "./transfer_result.ts";

const ID = parseModuleVersion("example.com/M", "v1.0.0");
const NEXT = parseModuleVersion("example.com/M", "v1.1.0");
const OTHER_H1 = expectedH1(ID, { "other.go": "" });

describe("ProxyTree", () => {
  let directory: TemporaryDirectory;
  let pool: IngestPool;
  let store: MemoryStore;

  beforeEach(async () => {
    directory = temporaryDirectory();
    pool = createIngestPool({ workers: 1 });
    store = new MemoryStore(pool);
    await put(ID);
  });

  afterEach(async () => {
    directory[Symbol.dispose]();
    await pool.close();
  });

  async function put(id: ModuleVersion, files: Files = FILES): Promise<void> {
    await store.putModule(id, { kind: "memory", bytes: writeModuleZip(id, files) }, () => {});
    await store.putGoMod(id, Buffer.from(files["go.mod"] ?? ""));
    await store.putInfo(id, Buffer.from(infoOf(id)));
  }

  const hashZip = async (id: ModuleVersion, path: string, size: number): Promise<H1> =>
    (await pool.ingest(id, { kind: "file", path, size })).h1;

  async function run(hash = hashZip, zip = false): Promise<TransferResult[]> {
    const results: TransferResult[] = [];
    const tree = new ProxyTree(directory.join("out"), hash);
    const wanted = store.list().map(({ id }) => ({ id, zip }));
    try {
      await new ModuleExporter(store, tree).export(wanted, (result) => results.push(result));
    } finally {
      await tree.close();
    }
    return results;
  }

  const read = (path: string): string => readFileSync(directory.join("out", path), "utf8");
  const messages = (results: readonly TransferResult[]): string[] =>
    results.flatMap(({ errors }) => errors.map(({ message }) => message));

  test("writes what the GOPROXY protocol asks for, and nothing else", async () => {
    await put(NEXT);
    expect(messages(await run())).toEqual([]);
    const names = readdirSync(directory.join("out"), { recursive: true }).map(String);
    expect(names.toSorted(compareBytes)).toEqual([
      "example.com",
      "example.com/!m",
      "example.com/!m/@latest",
      "example.com/!m/@v",
      "example.com/!m/@v/list",
      ...["v1.0.0", "v1.1.0"].flatMap((version) =>
        ["info", "mod", "zip"].map((extension) => `example.com/!m/@v/${version}.${extension}`),
      ),
    ]);
    expect(read("example.com/!m/@v/list")).toBe("v1.0.0\nv1.1.0\n");
    expect(read("example.com/!m/@latest")).toBe(infoOf(NEXT));
    expect(read("example.com/!m/@v/v1.0.0.mod")).toBe(FILES["go.mod"]);
    const zip = `${proxyPath(directory.join("out"), ID)}.zip`;
    expect(await hashZip(ID, zip, statSync(zip).size)).toBe(expectedH1(ID, FILES));
  });

  test("lists what was there before too", async () => {
    await run();
    await store.remove(ID);
    await put(NEXT);
    await run();
    expect(read("example.com/!m/@v/list")).toBe("v1.0.0\nv1.1.0\n");
  });

  test("keeps files that are the same in other bytes", async () => {
    const base = proxyPath(directory.join("out"), ID);
    const zip = writeModuleZip(ID, { "m.go": "package m\n", "go.mod": FILES["go.mod"] ?? "" });
    writeFileAt(`${base}.zip`, zip);
    writeFileAt(`${base}.info`, '{"Version": "v1.0.0"}');
    const [result] = await run();
    expect(result).toMatchObject({ written: ["mod"], errors: [] });
    expect(readFileSync(`${base}.zip`).equals(zip)).toBe(true);
    expect(readFileSync(`${base}.info`, "utf8")).toBe('{"Version": "v1.0.0"}');
  });

  test.each([
    { file: "zip", content: () => writeModuleZip(ID, { "other.go": "" }), says: `has ${OTHER_H1}` },
    { file: "mod", content: () => "module other\n", says: "is there already and has h1:" },
    { file: "info", content: () => infoOf(NEXT), says: "is not about example.com/M@v1.0.0" },
    { file: "info", content: () => "<html>", says: "is not about example.com/M@v1.0.0" },
  ])("keeps and names a .$file that is another", async ({ file, content, says }) => {
    const path = writeFileAt(`${proxyPath(directory.join("out"), ID)}.${file}`, content());
    const before = readFileSync(path);
    const results = await run();
    expect(messages(results)).toEqual([expect.stringContaining(says)]);
    expect(messages(results)).toEqual([expect.stringContaining(path)]);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test("a zip that is there in part is named", async () => {
    const zip = writeModuleZip(ID, FILES);
    writeFileAt(`${proxyPath(directory.join("out"), ID)}.zip`, zip.subarray(0, zip.length - 5));
    const [result] = await run();
    expect(result?.errors.map(({ code }) => code)).toEqual(["INVALID"]);
  });

  test("shows no zip whose hash is not the store's", async () => {
    const results = await run(async () => OTHER_H1);
    expect(messages(results)).toEqual([expect.stringContaining(`hash to ${OTHER_H1}, not to`)]);
    expect(readdirSync(directory.join("out/example.com/!m/@v"))).not.toContain("v1.0.0.zip");
    expect(readdirSync(directory.join("out"))).toEqual(["example.com"]);
  });

  test("names what the go command needs and the store has not", async () => {
    const id = parseModuleVersion("example.com/bare", "v1.0.0");
    await store.putModule(id, { kind: "memory", bytes: writeModuleZip(id, FILES) }, () => {});
    expect(messages(await run()).sort()).toEqual([
      "example.com/bare@v1.0.0 has no .info in the store",
      "example.com/bare@v1.0.0 has no .mod in the store",
    ]);
  });

  test("writes a lone go.mod of a module graph, unless the module's files are wanted", async () => {
    await store.putGoMod(NEXT, Buffer.from("module example.com/M\n"));
    expect(messages(await run())).toEqual([]);
    expect(read("example.com/!m/@v/v1.1.0.mod")).toBe("module example.com/M\n");
    expect(read("example.com/!m/@v/list")).toBe("v1.0.0\n");
    expect(messages(await run(hashZip, true))).toEqual([
      "example.com/M@v1.1.0 has no .zip in the store",
    ]);
  });

  test("says what cannot be written", async () => {
    writeFileAt(directory.join("out/example.com"), "a file in the way");
    await expect(run()).rejects.toEqual(rejection("STORE", directory.join("out")));
  });
});

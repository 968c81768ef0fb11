import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { writeModuleZip } from "../../test/support/hostile_zip.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../test/support/temporary_directory.ts";
import { type ChecksumPolicy, Checksums } from "../cache/checksums.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { goModHash } from "../module/dirhash.ts";
import { GoSum } from "../module/go_sum.ts";
import type { H1, ModuleVersion } from "../module/module_version.ts";
import { parseModuleVersion } from "../module/path.ts";
import { createIngestPool, type IngestPool } from "../store/ingest.ts";
import { MemoryStore } from "../store/memory/memory_store.ts";
import { expectedH1 } from "../store/module_contents.ts";
import { directoryOffers } from "./directory_source.ts";
import { ModuleImporter } from "./module_importer.ts";
import {
  FILES,
  type Files,
  infoOf,
  proxyPath,
  writeFileAt,
  writeProxyFiles,
} from "./module_tree_for_tests.ts";
import type { TransferResult, TransferSummary } from "./transfer_result.ts";

const ID = parseModuleVersion("example.com/m", "v1.0.0");
const OTHER = parseModuleVersion("example.com/other", "v0.1.0");

describe("ModuleImporter", () => {
  let directory: TemporaryDirectory;
  let pool: IngestPool;
  let store: MemoryStore;

  beforeEach(() => {
    directory = temporaryDirectory();
    pool = createIngestPool({ workers: 1 });
    store = new MemoryStore(pool);
  });

  afterEach(async () => {
    directory[Symbol.dispose]();
    await pool.close();
  });

  async function run(
    checksums: Checksums,
  ): Promise<{ summary: TransferSummary; results: TransferResult[] }> {
    const results: TransferResult[] = [];
    const importer = new ModuleImporter({
      store,
      checksums,
      spoolDirectory: directory.join("spool"),
    });
    const summary = await importer.import(directoryOffers(directory.path), (result) => {
      results.push(result);
    });
    return { summary, results };
  }

  const resident = (): unknown[] => store.list();
  const errors = (results: readonly TransferResult[]): GomodfsError[] =>
    results.flatMap((result) => result.errors);

  test("takes in what go.sum says, and skips it the next time", async () => {
    writeProxyFiles(directory.path, ID);
    const checksums = knowing([ID, FILES]);
    const { summary, results } = await run(checksums);
    expect(summary).toMatchObject({ written: 1, present: 0, failed: 0 });
    expect(summary.bytes).toBeGreaterThan(writeModuleZip(ID, FILES).length);
    expect(results).toMatchObject([{ subject: "example.com/m@v1.0.0", id: ID, errors: [] }]);
    expect(resident()).toEqual([{ id: ID, info: true, goMod: true, zip: true }]);
    expect(store.openModule(ID)?.h1).toBe(expectedH1(ID, FILES));

    writeFileAt(`${proxyPath(directory.path, ID)}.zip`, "changed, and not read again");
    expect((await run(checksums)).summary).toEqual({ written: 0, present: 1, failed: 0, bytes: 0 });
  });

  test("asks the database where go.sum is silent, and nobody about exempt modules", async () => {
    writeProxyFiles(directory.path, ID);
    writeProxyFiles(directory.path, OTHER);
    const asked: ModuleVersion[] = [];
    const database = {
      name: "sum.example.org",
      lookup: async (id: ModuleVersion) => {
        asked.push(id);
        return { zip: expectedH1(id, FILES), goMod: goModHash(Buffer.from(FILES["go.mod"] ?? "")) };
      },
    };
    const { summary } = await run(
      knowing([], { database, isExempt: (path) => path === OTHER.path }),
    );
    expect(summary).toMatchObject({ written: 2, failed: 0 });
    expect(asked).toEqual([ID, ID]);
  });

  test("a zip that is not what go.sum says is refused, and the rest is done", async () => {
    writeProxyFiles(directory.path, ID, { ...FILES, "m.go": "package changed\n" });
    writeProxyFiles(directory.path, OTHER);
    const { summary, results } = await run(knowing([ID, FILES], {}, [OTHER, FILES]));
    expect(summary).toMatchObject({ written: 1, failed: 1 });
    expect(store.openModule(ID)).toBeUndefined();
    expect(store.readInfo(ID)).toBeUndefined();
    expect(store.openModule(OTHER)).toBeDefined();
    const [error] = errors(results);
    expect(error?.code).toBe("SECURITY");
    const zip = `${proxyPath(directory.path, ID)}.zip`;
    const found = expectedH1(ID, { ...FILES, "m.go": "package changed\n" });
    expect(error?.message).toBe(
      `checksum mismatch for example.com/m@v1.0.0: ${zip} has ${found}, go.sum says ${expectedH1(ID, FILES)}`,
    );
  });

  test("a .mod that is not what go.sum says is refused", async () => {
    writeProxyFiles(directory.path, ID);
    writeFileAt(`${proxyPath(directory.path, ID)}.mod`, "module evil.example.com\n");
    const { results } = await run(knowing([ID, FILES]));
    expect(errors(results).map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /^checksum mismatch for example\.com\/m@v1\.0\.0\/go\.mod: .*v1\.0\.0\.mod has h1:.*, go\.sum says h1:/,
      ),
    ]);
    expect(store.readGoMod(ID)).toBeUndefined();
  });

  test.each([
    { what: "the zip's go.mod", files: FILES, goMod: FILES["go.mod"] ?? "" },
    { what: "a made-up one", files: { "m.go": "" }, goMod: "module example.com/m\n" },
  ])("without a .mod, $what is taken and verified", async ({ files, goMod }) => {
    writeFileAt(directory.join("m.zip"), writeModuleZip(ID, files));
    expect((await run(knowing([ID, files]))).summary).toMatchObject({ written: 1, failed: 0 });
    expect(Buffer.from(store.readGoMod(ID) ?? "").toString()).toBe(goMod);
    expect(store.readInfo(ID)).toBeUndefined();
  });

  test("a made-up .mod that go.sum contradicts is refused", async () => {
    const files = { "m.go": "" };
    writeFileAt(directory.join("m.zip"), writeModuleZip(ID, files));
    const hashes = { zip: expectedH1(ID, files), goMod: goModHash(Buffer.from("module other\n")) };
    const sums = [
      { id: ID, kind: "zip", h1: hashes.zip },
      { id: ID, kind: "goMod", h1: hashes.goMod },
    ] as const;
    const { results } = await run(new Checksums(new GoSum(sums), POLICY));
    expect(errors(results).map(({ message }) => message)).toEqual([
      expect.stringContaining("checksum mismatch for example.com/m@v1.0.0/go.mod: its zip has h1:"),
    ]);
    expect(resident()).toEqual([{ id: ID, info: false, goMod: false, zip: true }]);
  });

  test("a .info must be about its version, and is stored as cmd/go writes it", async () => {
    writeProxyFiles(directory.path, ID);
    writeProxyFiles(directory.path, OTHER);
    writeFileAt(`${proxyPath(directory.path, OTHER)}.info`, infoOf(ID));
    writeFileAt(`${proxyPath(directory.path, ID)}.info`, ` ${infoOf(ID)}\n`);
    const { results } = await run(knowing([ID, FILES], {}, [OTHER, FILES]));
    expect(errors(results).map(({ code }) => code)).toEqual(["INVALID"]);
    expect(errors(results)[0]?.message).toContain('"v1.0.0" and not example.com/other@v0.1.0');
    expect(store.readInfo(OTHER)).toBeUndefined();
    expect(Buffer.from(store.readInfo(ID) ?? "").toString()).toBe(infoOf(ID));
  });

  test("what nothing can verify is refused, and the message names it", async () => {
    writeProxyFiles(directory.path, ID);
    const database = {
      name: "sum.example.org",
      lookup: async () => {
        throw new GomodfsError("FORBIDDEN", "GOPROXY=off");
      },
    };
    const { results } = await run(knowing([], { database }));
    const [error, ...others] = errors(results);
    expect(others).toEqual([]);
    expect(error?.code).toBe("UNVERIFIED");
    expect(error?.message).toBe("cannot verify example.com/m@v1.0.0: GOPROXY=off");
    expect(error?.hint).toContain("--sum");
    expect(resident()).toEqual([]);
  });

  test("files that are no modules, broken zips and zips of other modules fail by themselves", async () => {
    writeProxyFiles(directory.path, ID);
    const stray = writeFileAt(directory.join("stray.zip"), "not a zip");
    writeFileAt(`${proxyPath(directory.path, OTHER)}.zip`, writeModuleZip(ID, FILES));
    const { summary, results } = await run(knowing([ID, FILES], {}, [OTHER, FILES]));
    expect(summary).toMatchObject({ written: 1, failed: 2 });
    const messages = errors(results).map(({ message }) => message);
    expect(messages).toContainEqual(expect.stringContaining(`${stray} is not a module zip`));
    expect(messages).toContainEqual(
      expect.stringMatching(/module zip of example\.com\/other@v0\.1\.0.*does not have prefix/),
    );
  });
});

const POLICY: ChecksumPolicy = {
  database: undefined,
  isExempt: () => false,
  isLocalProxyOnly: false,
};

/** Checksums whose go.sum has modules of these files. */
function knowing(
  first: readonly [ModuleVersion, Files] | readonly [],
  policy: Partial<ChecksumPolicy> = {},
  ...more: readonly (readonly [ModuleVersion, Files])[]
): Checksums {
  const modules = first.length === 0 ? more : [first, ...more];
  const lines = modules.flatMap(([id, files]) => {
    const goMod = Buffer.from(files["go.mod"] ?? `module ${id.path}\n`);
    const hashes: { kind: "zip" | "goMod"; h1: H1 }[] = [
      { kind: "zip", h1: expectedH1(id, files) },
      { kind: "goMod", h1: goModHash(goMod) },
    ];
    return hashes.map((hash) => ({ id, ...hash }));
  });
  return new Checksums(new GoSum(lines), { ...POLICY, ...policy });
}

import { mkdirSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { writeModuleZip } from "../../test/support/hostile_zip.ts";
import { rejection } from "../../test/support/rejection.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../test/support/temporary_directory.ts";
import { parseModuleVersion } from "../module/path.ts";
import { GitStore } from "../store/git/git_store.ts";
import { createIngestPool } from "../store/ingest.ts";
import { openImportSource } from "./import_source.ts";
import {
  describeOffers,
  FILES,
  infoOf,
  writeFileAt,
  writeProxyFiles,
} from "./module_tree_for_tests.ts";
import type { SourceKind } from "./source_kind.ts";

const ID = parseModuleVersion("example.com/m", "v1.0.0");

describe("openImportSource()", () => {
  let directory: TemporaryDirectory;

  beforeEach(() => {
    directory = temporaryDirectory();
  });

  afterEach(() => {
    directory[Symbol.dispose]();
  });

  function look(path: string, kind?: SourceKind): { kind: SourceKind; offers: string[] } {
    const source = openImportSource({ path, kind });
    try {
      return { kind: source.kind, offers: describeOffers(source.offers()) };
    } finally {
      source.close();
    }
  }

  async function writeStore(path: string): Promise<void> {
    const ingest = createIngestPool({ workers: 1 });
    const store = await GitStore.open({ directory: path, ingest });
    await store.putModule(ID, { kind: "memory", bytes: writeModuleZip(ID, FILES) }, () => {});
    await store.putInfo(ID, Buffer.from(infoOf(ID)));
    await store.close();
    await ingest.close();
  }

  test("takes a directory with cache/download for a GOMODCACHE, and reads nothing else of it", () => {
    writeProxyFiles(directory.join("cache/download"), ID);
    writeFileAt(directory.join("example.com/m@v1.0.0/testdata/x.zip"), "a test's own");
    const found = { kind: "modcache", offers: ["example.com/m@v1.0.0 info mod zip"] };
    expect(look(directory.path)).toEqual(found);
    expect(look(directory.path, "modcache")).toEqual(found);
  });

  test("takes anything else with module files for zips, one zip too", () => {
    writeProxyFiles(directory.path, ID);
    expect(look(directory.path)).toEqual({
      kind: "zips",
      offers: ["example.com/m@v1.0.0 info mod zip"],
    });
    const zip = directory.join("example.com/m/@v/v1.0.0.zip");
    expect(look(zip)).toEqual({ kind: "zips", offers: ["example.com/m@v1.0.0 zip"] });
  });

  test.each(["repo", "repo/.git", "store/git"])("takes %s for a repository", async (place) => {
    await writeStore(directory.join(place));
    const [root = ""] = place.split("/");
    const found = { kind: "repository", offers: ["example.com/m@v1.0.0 info zip"] };
    expect(look(directory.join(root))).toEqual(found);
    expect(look(directory.join(place), "repository")).toEqual(found);
  });

  test.each([
    ["objects/pack", "refs"],
    ["objects", "refs"],
  ])("takes a work tree with zips in it for zips (.git with %s)", (...names) => {
    for (const name of names) mkdirSync(directory.join(".git", name), { recursive: true });
    writeFileAt(directory.join(".git/HEAD"), "ref: refs/heads/main\n");
    writeFileAt(directory.join("dist/m.zip"), writeModuleZip(ID, FILES));
    expect(look(directory.path)).toEqual({ kind: "zips", offers: ["example.com/m@v1.0.0 zip"] });
  });

  test("a directory without modules is a mistake, unless it is said what it is", async () => {
    const detect = async () => look(directory.path);
    await expect(detect()).rejects.toEqual(rejection("USAGE", "holds no Go modules"));
    expect(look(directory.path, "zips")).toEqual({ kind: "zips", offers: [] });
  });

  test.each([
    { kind: "modcache", says: "is no GOMODCACHE", code: "USAGE" },
    { kind: "repository", says: "is not a git repository", code: "STORE" },
  ] as const)(
    "says so when it is not the $kind that it should be",
    async ({ kind, says, code }) => {
      const open = async () => look(directory.path, kind);
      await expect(open()).rejects.toEqual(rejection(code, says));
    },
  );

  test("names a source that does not exist", async () => {
    const open = async () => look(directory.join("missing"));
    await expect(open()).rejects.toEqual(rejection("USAGE", "missing"));
  });
});

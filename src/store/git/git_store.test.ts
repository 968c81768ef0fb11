import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { deflateRawSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { moduleEntries, writeZip } from "../../../test/support/hostile_zip.ts";
import { temporaryDirectory } from "../../../test/support/temporary_directory.ts";
import { parseModuleVersion } from "../../module/path.ts";
import { createIngestPool } from "../ingest.ts";
import { contentsOf, expectedContents, expectedH1, type Files } from "../module_contents.ts";
import { fsck, git, gitText, putFiles } from "./git_for_tests.ts";
import { GitStore } from "./git_store.ts";
import { GitStoreReader } from "./git_store_reader.ts";

const ID = parseModuleVersion("example.com/Upper/b", "v1.2.3");
const REF = "refs/gomod/example.com%2F%21upper%2Fb@v1.2.3";
const FILES: Files = {
  "go.mod": "module example.com/Upper/b\n",
  "a.go": "package b\n",
  "a/a.go": "package a\n",
  "a-b/a.go": "package a\n",
  "a.b/größe.txt": "Größe",
  ".gitmodules": "[submodule ]]] nonsense",
  ".git/config": "not git's",
  "empty.go": "",
  "sub/large.txt": "line of a larger file\n".repeat(10_000),
};

const ingest = createIngestPool();
afterAll(() => ingest.close());

function open(directory: string): Promise<GitStore> {
  return GitStore.open({ directory, ingest });
}

function module(number: number) {
  const id = parseModuleVersion(`example.com/m${number}`, "v1.0.0");
  const files = { "go.mod": `module ${id.path}\n`, LICENSE: "the same everywhere\n" };
  return { id, files };
}

describe("GitStore", () => {
  test("writes a repository that git reads and finds clean", async () => {
    using directory = temporaryDirectory();
    const store = await open(directory.path);
    await putFiles(store, ID, FILES);
    await store.putInfo(ID, Buffer.from("{}"));
    await store.putGoMod(ID, Buffer.from("module x\n"));
    fsck(directory.path);
    const names = git(directory.path, ["ls-tree", "-rz", "--name-only", `${REF}:zip`]);
    expect(names.toString().split("\0").filter(Boolean).toSorted()).toEqual(
      Object.keys(FILES).toSorted(),
    );
    expect(gitText(directory.path, ["ls-tree", "--name-only", REF]).split("\n")).toEqual([
      "manifest",
      "zip",
      "ziphash",
    ]);
    for (const [name, content] of Object.entries(FILES)) {
      expect(git(directory.path, ["cat-file", "blob", `${REF}:zip/${name}`])).toEqual(
        Buffer.from(content),
      );
    }
    expect(gitText(directory.path, ["cat-file", "blob", `${REF}:ziphash`])).toBe(
      expectedH1(ID, FILES),
    );
    expect(gitText(directory.path, ["cat-file", "blob", `${REF}(info)`])).toBe("{}");
    expect(gitText(directory.path, ["cat-file", "blob", `${REF}(mod)`])).toBe("module x");
    await store.close();
  });

  test("writes the index that git index-pack writes", async () => {
    using directory = temporaryDirectory();
    const store = await open(directory.path);
    await putFiles(store, ID, FILES);
    await store.close();
    const packs = readdirSync(directory.join("objects", "pack"));
    const pack = packs.find((name) => name.endsWith(".pack"));
    if (pack === undefined) throw new Error("there is no pack");
    const path = directory.join("objects", "pack", pack);
    const other = directory.join("other.idx");
    // Without --strict, which refuses the .git and .gitmodules files of this module, as fsck would if it were not told.
    git(directory.path, ["index-pack", "-o", other, path]);
    expect(readFileSync(path.replace(/pack$/, "idx"))).toEqual(readFileSync(other));
  });

  test("commits what arrives together in one pack", async () => {
    using directory = temporaryDirectory();
    const store = await open(directory.path);
    const modules = Array.from({ length: 100 }, (_, number) => module(number));
    await Promise.all(
      modules.flatMap(({ id, files }) => [
        putFiles(store, id, files),
        store.putGoMod(id, Buffer.from(files["go.mod"])),
        store.putInfo(id, Buffer.from(`{"Version":"v1.0.0"}`)),
      ]),
    );
    const packs = readdirSync(directory.join("objects", "pack"));
    expect(packs.filter((name) => name.endsWith(".idx")).length).toBeLessThan(40);
    fsck(directory.path);
    const reader = GitStoreReader.open(directory.path);
    expect(reader.list().length).toBe(100);
    for (const { id, files } of modules) {
      expect(contentsOf(reader.openModule(id))).toEqual(expectedContents(files));
    }
    reader.close();
    await store.close();
  });

  test("stores the same content once, and says the length of the stream that is stored", async () => {
    using directory = temporaryDirectory();
    const store = await open(directory.path);
    const content = "some content that compresses, compresses and compresses\n".repeat(50);
    const [first, second] = [module(1).id, module(2).id];
    for (const [id, level] of [[first, 9] as const, [second, 0] as const]) {
      const [entry] = moduleEntries(id, { "file.txt": content });
      if (entry === undefined) throw new Error("no entry");
      const bytes = writeZip([{ ...entry, data: deflateRawSync(content, { level }) }]);
      await store.putModule(id, { kind: "memory", bytes }, () => {});
    }
    const expected = expectedContents({ "file.txt": content });
    expect(contentsOf(store.openModule(first))).toEqual(expected);
    expect(contentsOf(store.openModule(second))).toEqual(expected);
    const size = store.openModule(first)?.manifest.storedSize(0);
    expect(store.openModule(second)?.manifest.storedSize(0)).toBe(size);
    const blob = gitText(directory.path, [
      "rev-parse",
      "refs/gomod/example.com%2Fm1@v1.0.0:zip/file.txt",
    ]);
    const listing = gitText(directory.path, [
      "cat-file",
      "--batch-all-objects",
      "--unordered",
      "--batch-check",
    ]);
    expect(listing.split("\n").filter((line) => line.startsWith(blob)).length).toBe(1);
    await store.close();
  });

  test("keeps the streams of both who stored the same content at once", async () => {
    using directory = temporaryDirectory();
    // Two stores do not see each other's pack before they write theirs.
    const stores = [await open(directory.path), await open(directory.path)];
    const content = "some content that compresses, compresses and compresses\n".repeat(50);
    await Promise.all(
      stores.map(async (store, number) => {
        const [entry] = moduleEntries(module(number).id, { "file.txt": content });
        if (entry === undefined) throw new Error("no entry");
        const data = deflateRawSync(content, { level: number * 9 });
        await store.putModule(
          module(number).id,
          { kind: "memory", bytes: writeZip([{ ...entry, data }]) },
          () => {},
        );
      }),
    );
    const expected = expectedContents({ "file.txt": content });
    const check = (reader: GitStoreReader): void => {
      for (const number of [0, 1]) {
        expect(contentsOf(reader.openModule(module(number).id))).toEqual(expected);
      }
    };
    const before = GitStoreReader.open(directory.path);
    const sizes = [0, 1].map((number) =>
      before.openModule(module(number).id)?.manifest.storedSize(0),
    );
    expect(new Set(sizes).size).toBe(2);
    check(before);
    await stores[0]?.consolidate(0);
    check(before);
    const after = GitStoreReader.open(directory.path);
    check(after);
    before.close();
    after.close();
    fsck(directory.path);
    for (const store of stores) await store.close();
  });

  test("refuses another module of the same version", async () => {
    using directory = temporaryDirectory();
    const store = await open(directory.path);
    await putFiles(store, ID, FILES);
    await putFiles(store, ID, FILES);
    await expect(putFiles(store, ID, { "go.mod": "module other\n" })).rejects.toMatchObject({
      code: "SECURITY",
    });
    expect(contentsOf(store.openModule(ID))).toEqual(expectedContents(FILES));
    await store.close();
  });

  test("shows nothing to another reader before it refreshes, and everything after", async () => {
    using directory = temporaryDirectory();
    const store = await open(directory.path);
    const reader = GitStoreReader.open(directory.path);
    for (let number = 0; number < 30; number++) {
      const { id, files } = module(number);
      await putFiles(store, id, files);
      expect(reader.openModule(id)).toBeUndefined();
      reader.refresh();
      expect(contentsOf(reader.openModule(id))).toEqual(expectedContents(files));
    }
    await store.remove(module(7).id);
    reader.refresh();
    expect(reader.openModule(module(7).id)).toBeUndefined();
    expect(reader.list().length).toBe(29);
    reader.close();
    await store.close();
  });

  test("opens what tailscale/gomodfs wrote, and writes its own over it", async () => {
    using directory = temporaryDirectory();
    const files = { ...FILES, "sub/script.sh": "#!/bin/sh\n" };
    writeForeignModule(directory.path, files, expectedH1(ID, files));
    const store = await open(directory.path);
    const foreign = store.openModule(ID);
    expect(foreign?.h1).toBe(expectedH1(ID, files));
    expect(contentsOf(foreign)).toEqual(expectedContents(files));
    expect(foreign?.manifest.storedSize(0)).toBe(-1);
    expect(Buffer.from(store.readInfo(ID) ?? "").toString()).toBe("the info");
    expect(Buffer.from(store.readGoMod(ID) ?? "").toString()).toBe("the mod");
    expect(store.list()).toEqual([{ id: ID, info: false, goMod: false, zip: true }]);
    expect(store.usage().servedBytes).toBeGreaterThan(expectedContents(files).totalSize * 2);
    await putFiles(store, ID, files);
    expect(store.openModule(ID)?.manifest.storedSize(0)).toBeGreaterThan(0);
    expect(contentsOf(store.openModule(ID))).toEqual(expectedContents(files));
    await store.close();
  });

  test("does not serve a foreign module whose files are not those of its hash", async () => {
    using directory = temporaryDirectory();
    writeForeignModule(directory.path, FILES, expectedH1(ID, { ...FILES, "a.go": "other" }));
    const reader = GitStoreReader.open(directory.path);
    expect(() => reader.openModule(ID)).toThrow("instead of");
    reader.close();
  });

  test("serves a clone that git packed anew, with the lengths that it has", async () => {
    using directory = temporaryDirectory();
    const store = await open(directory.join("store"));
    const versions = Array.from({ length: 6 }, (_, number) => {
      const id = parseModuleVersion("example.com/m", `v1.0.${number}`);
      const lines = Array.from({ length: 3000 }, (_, line) => `${line * 7919} ${line % 7}\n`);
      lines[number * 100] = "changed\n";
      return { id, files: { "go.mod": "module example.com/m\n", "a.txt": lines.join("") } };
    });
    for (const { id, files } of versions) await putFiles(store, id, files);
    await store.close();
    git(directory.path, ["clone", "-q", "--mirror", "store", "clone"]);
    git(directory.join("clone"), ["repack", "-adfq"]);
    const reader = GitStoreReader.open(directory.join("clone"));
    for (const { id, files } of versions) {
      expect(contentsOf(reader.openModule(id))).toEqual(expectedContents(files));
    }
    reader.close();
  });

  test("refuses a directory with something else in it, and repositories of other formats", async () => {
    using directory = temporaryDirectory();
    mkdirSync(directory.join("other"));
    writeFileSync(directory.join("other", "file"), "");
    await expect(open(directory.join("other"))).rejects.toMatchObject({ code: "STORE" });
    expect(() => GitStoreReader.open(directory.join("missing"))).toThrow("not a git repository");
    git(directory.path, ["init", "-q", "--bare", "--object-format=sha256", "sha256"]);
    await expect(open(directory.join("sha256"))).rejects.toMatchObject({ code: "UNSUPPORTED" });
  });

  test("writes names that are too long for a file into packed-refs", async () => {
    using directory = temporaryDirectory();
    const store = await open(directory.path);
    const id = parseModuleVersion(`example.com/${"A".repeat(80)}/b`, "v1.0.0");
    await store.putGoMod(id, Buffer.from("module long\n"));
    expect(Buffer.from(store.readGoMod(id) ?? "").toString()).toBe("module long\n");
    fsck(directory.path);
    await store.remove(id);
    expect(store.list()).toEqual([]);
    await store.close();
  });
});

/** As gitstore.PutModule of tailscale/gomodfs lays a module out, in the `.git` that its `git init` makes. */
function writeForeignModule(directory: string, files: Files, h1: string): void {
  git(directory, ["init", "-q"]);
  const add = (name: string, content: string | Uint8Array, mode = "100644"): string => {
    const blob = gitText(
      directory,
      ["hash-object", "-w", "--stdin", "--no-filters"],
      String(content),
    );
    return `${mode} ${blob}\t${name}\0`;
  };
  const lines = Object.entries(files).map(([name, content]) =>
    add(name, content, name.endsWith(".sh") ? "100755" : "100644"),
  );
  const zip = writeTree(directory, lines);
  const root = [add("info", "the info"), add("mod", "the mod"), add("ziphash", h1)];
  const tree = gitText(
    directory,
    ["mktree", "-z"],
    [...root, `040000 tree ${zip}\tzip\0`].map(withType).join(""),
  );
  git(directory, ["update-ref", REF, tree]);
}

function withType(line: string): string {
  return line.replace(/^(100\d+) /, "$1 blob ");
}

/** Not by the index, which refuses names with .git in them. */
function writeTree(directory: string, lines: readonly string[]): string {
  const entries: string[] = [];
  const below = new Map<string, string[]>();
  for (const line of lines) {
    const [meta = "", path = ""] = line.split("\t");
    const slash = path.indexOf("/");
    if (slash < 0) entries.push(withType(line));
    else {
      const child = below.get(path.slice(0, slash)) ?? [];
      below.set(path.slice(0, slash), [...child, `${meta}\t${path.slice(slash + 1)}`]);
    }
  }
  for (const [name, child] of below) {
    entries.push(`040000 tree ${writeTree(directory, child)}\t${name}\0`);
  }
  return gitText(directory, ["mktree", "-z"], entries.join(""));
}

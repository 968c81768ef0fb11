import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeTree } from "../../../test/support/directory_tree.ts";
import { ODD_MODULES, TOOLCHAIN_VERSION, toolchainModule } from "../../../test/support/modules.ts";
import { Sandbox } from "../../../test/support/sandbox.ts";
import { formatModuleVersion } from "../../module/module_version.ts";
import { parseModuleVersion } from "../../module/path.ts";
import { verifyModule } from "../verify_module.ts";
import { DirStore } from "./dir_store.ts";
import { fill, goModDownload } from "./go_command_for_tests.ts";
import { SynchronousExtractor } from "./synchronous_extractor.ts";

const IDS = ODD_MODULES.map(({ id }) => id);
/** Some of them, none large. */
const SOME_IDS = IDS.slice(0, 16);
/** What rsc.io/quote needs, with the versions that only the module graph names. */
const QUOTE = [
  ["rsc.io/quote", "v1.5.2"],
  ["rsc.io/sampler", "v1.3.0"],
  ["golang.org/x/text", "v0.0.0-20170915032832-14c0d48ead0c"],
].map(([path = "", version = ""]) => parseModuleVersion(path, version));

/** A project that uses rsc.io/quote. */
const PROJECT: Readonly<Record<string, string>> = {
  "go.mod": `module example.com/project

go 1.21

require rsc.io/quote v1.5.2

require (
	golang.org/x/text v0.0.0-20170915032832-14c0d48ead0c // indirect
	rsc.io/sampler v1.3.0 // indirect
)
`,
  "main.go": 'package main\n\nimport "rsc.io/quote"\n\nfunc main() { println(quote.Hello()) }\n',
};

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await Sandbox.create();
});

afterAll(async () => await sandbox[Symbol.asyncDispose]());

function openStore(directory: string, options: { writableDirectories?: boolean } = {}): DirStore {
  return new DirStore({ directory, extractor: new SynchronousExtractor(), ...options });
}

/** All but the files that are not about a module. */
async function describeModules(modcache: string): Promise<string[]> {
  return (await describeTree(modcache)).filter(
    (line) => !/ cache\/(lock$|download\/sumdb)/.test(line),
  );
}

/** Runs the go command in the project with a GOMODCACHE and no network, or with another GOPROXY. */
async function goInProject(
  modcache: string,
  args: readonly string[],
  goproxy = "off",
): Promise<string> {
  const directory = sandbox.makeDirectory("project");
  for (const [name, text] of Object.entries(PROJECT)) writeFileSync(join(directory, name), text);
  return await sandbox.go(args, {
    directory,
    environment: { GOMODCACHE: modcache, GOPROXY: goproxy, GOSUMDB: "off" },
  });
}

describe("a GOMODCACHE that gomodfs wrote", () => {
  it("is what go mod download leaves, names, modes and bytes", async () => {
    const [theirs, ours] = [sandbox.path("theirs"), sandbox.path("ours")];
    expect(await goModDownload(sandbox, theirs, IDS)).toMatchObject({ status: 0 });
    await fill(openStore(ours), sandbox.proxy, IDS);
    expect(await describeModules(ours)).toEqual(await describeModules(theirs));
  });

  it("is that with -modcacherw too", async () => {
    const [theirs, ours] = [sandbox.path("theirs-rw"), sandbox.path("ours-rw")];
    await sandbox.go(["mod", "download", "-modcacherw", ...QUOTE.map(formatModuleVersion)], {
      directory: sandbox.makeDirectory("empty"),
      environment: { GOMODCACHE: theirs, GOSUMDB: "off", GOFLAGS: "" },
    });
    await fill(openStore(ours, { writableDirectories: true }), sandbox.proxy, QUOTE);
    expect(await describeModules(ours)).toEqual(await describeModules(theirs));
  });

  it("is all that go build, list, mod download, verify and graph need, and go clean removes it", async () => {
    const modcache = sandbox.path("offline");
    await fill(openStore(modcache), sandbox.proxy, QUOTE);
    for (const args of [
      ["build", "-o", sandbox.path("program"), "."],
      ["vet", "."],
      ["list", "-m", "all"],
      ["mod", "download"],
      ["mod", "graph"],
    ]) {
      await goInProject(modcache, args);
    }
    expect(await goInProject(modcache, ["mod", "verify"])).toBe("all modules verified\n");
    await goInProject(modcache, ["clean", "-modcache"]);
    expect(existsSync(modcache)).toBe(false);
  });

  it("serves as GOPROXY where only the zips are written", async () => {
    const downloadDirectory = sandbox.path("goproxy");
    const store = new DirStore({
      directory: sandbox.path("unused"),
      downloadDirectory,
      extract: false,
      extractor: new SynchronousExtractor(),
    });
    await fill(store, sandbox.proxy, QUOTE);
    const build = ["build", "-o", sandbox.path("from-files-program"), "."];
    await goInProject(sandbox.path("from-files"), build, `file://${downloadDirectory}`);
    expect(existsSync(sandbox.path("from-files-program"))).toBe(true);
    expect(existsSync(sandbox.path("unused"))).toBe(false);
    expect(readFileSync(join(downloadDirectory, "rsc.io/quote/@v/list"), "utf8")).toBe("v1.5.2\n");
  });
});

describe("a GOMODCACHE that the go command wrote", () => {
  it("is read as it is", async () => {
    const modcache = sandbox.path("theirs");
    expect(await goModDownload(sandbox, modcache, IDS)).toMatchObject({ status: 0 });
    const before = await describeTree(modcache);
    const store = openStore(modcache);
    const listed = store.list();
    expect(new Set(listed.map(({ id }) => formatModuleVersion(id)))).toEqual(
      new Set(IDS.map(formatModuleVersion)),
    );
    for (const { id, ...parts } of listed) {
      expect(parts).toEqual({ info: true, goMod: true, zip: true });
      const module = store.openModule(id);
      expect(module && verifyModule(module)).toMatchObject({ ok: true });
      expect(store.readInfo(id)?.length).toBeGreaterThan(0);
      expect(Buffer.from(store.readGoMod(id) ?? "").toString()).toContain("module");
    }
    expect(store.usage()).toMatchObject({ modules: IDS.length, zips: IDS.length });
    expect(await describeTree(modcache)).toEqual(before);
  });

  it("is read after a toolchain was changed by its first use", async () => {
    const modcache = sandbox.path("toolchain");
    const id = toolchainModule();
    expect(await goModDownload(sandbox, modcache, [id], {})).toMatchObject({ status: 0 });
    const directory = join(modcache, formatModuleVersion(id));
    expect(existsSync(join(directory, "src/go.mod"))).toBe(false);
    const environment = { GOMODCACHE: modcache, GOTOOLCHAIN: TOOLCHAIN_VERSION };
    expect(await sandbox.go(["version"], { environment })).toContain(TOOLCHAIN_VERSION);
    expect(existsSync(join(directory, "src/go.mod"))).toBe(true);
    const module = openStore(modcache).openModule(id);
    expect(module && verifyModule(module)).toMatchObject({ ok: true });
  });

  it("loses a module that is removed, and the go command fetches it again", async () => {
    const modcache = sandbox.path("remove");
    expect(await goModDownload(sandbox, modcache, QUOTE)).toMatchObject({ status: 0 });
    const before = await describeModules(modcache);
    const [id] = QUOTE;
    if (id === undefined) throw new Error("there is one");
    const store = openStore(modcache);
    await store.remove(id);
    expect(store.list().map((resident) => resident.id.path)).not.toContain(id.path);
    expect(existsSync(join(modcache, formatModuleVersion(id)))).toBe(false);
    expect(await goModDownload(sandbox, modcache, QUOTE)).toMatchObject({ status: 0 });
    expect(await describeModules(modcache)).toEqual(before);
  });
});

describe("beside a go command", () => {
  it("both may fetch the same modules at the same time", async () => {
    const expected = sandbox.path("expected");
    expect(await goModDownload(sandbox, expected, SOME_IDS)).toMatchObject({ status: 0 });
    const modcache = sandbox.path("shared");
    const store = openStore(modcache);
    const [result] = await Promise.all([
      goModDownload(sandbox, modcache, SOME_IDS),
      fill(store, sandbox.proxy, SOME_IDS),
      fill(openStore(modcache), sandbox.proxy, SOME_IDS.toReversed()),
    ]);
    expect(result).toMatchObject({ status: 0 });
    expect(await describeModules(modcache)).toEqual(await describeModules(expected));
  });

  it("completes what a killed go command left", async () => {
    const modcache = sandbox.path("killed");
    const [id] = QUOTE;
    if (id === undefined) throw new Error("there is one");
    expect(await goModDownload(sandbox, modcache, [id])).toMatchObject({ status: 0 });
    const before = await describeModules(modcache);
    const download = join(modcache, "cache/download/rsc.io/quote/@v");
    writeFileSync(join(download, "v1.5.2.partial"), "");
    writeFileSync(join(download, "v1.5.2.zip123456.tmp"), "half a zip");
    writeFileSync(join(download, "v1.5.2.ziphash"), "");
    rmSync(join(modcache, "rsc.io/quote@v1.5.2/quote.go"));
    writeFileSync(join(modcache, "rsc.io/quote@v1.5.2/stale.go"), "package stale\n");
    await fill(openStore(modcache), sandbox.proxy, [id]);
    expect(await describeModules(modcache)).toEqual(before);
  });
});

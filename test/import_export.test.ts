import { cpSync } from "node:fs";
import { appendFile, chmod, cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { JsonFields } from "../src/daemon/json_fields.ts";
import { formatModuleVersion, type ModuleVersion } from "../src/module/module_version.ts";
import { parseModuleVersion } from "../src/module/path.ts";
import { refName } from "../src/store/git/ref_name.ts";
import { describeTree } from "./support/directory_tree.ts";
import { GOMODFS } from "./support/gomodfs_mount.ts";
import { downloadFile, moduleDirectory, ODD_MODULES } from "./support/modules.ts";
import { Sandbox } from "./support/sandbox.ts";
import { checkRepository, residentModules } from "./support/store_checks.ts";

const HELLO = new URL("../examples/hello", import.meta.url);
const QUOTE = parseModuleVersion("rsc.io/quote", "v1.5.2");
const SAMPLER = parseModuleVersion("rsc.io/sampler", "v1.3.0");
/** The last line of an import or export without a failure. */
const NONE_FAILED = /^\d+ modules? (im|ex)ported \([^)]*\), \d+ already there, in [^,]*\n$/;

describe("a project's GOMODCACHE", () => {
  let sandbox: Sandbox;
  let project: string;

  beforeAll(async () => {
    sandbox = await Sandbox.create();
    project = await downloadHello(sandbox);
  });

  afterAll(async () => {
    await sandbox[Symbol.asyncDispose]();
  });

  it("is imported as a whole, verified, into a sound repository", async () => {
    expect(await sandbox.run([GOMODFS, "import", sandbox.modcache])).toMatch(NONE_FAILED);
    expect(await residentModules(sandbox)).toEqual([
      "github.com/google/uuid@v1.6.0",
      "golang.org/x/text@v0.14.0",
      "gopkg.in/yaml.v3@v3.0.1",
      "rsc.io/quote@v1.5.2",
      "rsc.io/sampler@v1.3.0",
    ]);
    expect(await sandbox.run([GOMODFS, "verify"])).toContain("5 modules verified");
    await checkRepository(sandbox);
  });

  it("is skipped the second time", async () => {
    const requests = sandbox.proxy.requestsMatching(/./);
    const again = await sandbox.run([GOMODFS, "import", sandbox.modcache]);
    expect(again).toMatch(/^0 modules imported \(0 B\), \d+ already there/);
    expect(sandbox.proxy.requestsMatching(/./)).toBe(requests);
  });

  it("builds from the store with GOPROXY=off", async () => {
    const environment = {
      GOPROXY: "off",
      GOFLAGS: "-mod=readonly",
      GOMODCACHE: sandbox.path("no"),
    };
    const build = ["exec", "-C", project, "--", "go", "run", "."];
    const { status, stdout, stderr } = await sandbox.gomodfs(build, { environment });
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(stdout).toContain("Hello From Modules");
  });

  it("exported as a GOPROXY tree, fills a GOMODCACHE that builds", async () => {
    const tree = sandbox.path("proxy");
    const exported = await sandbox.run([GOMODFS, "export", "--as", "proxy", tree]);
    expect(exported).toMatch(NONE_FAILED);
    const environment = {
      GOPROXY: `file://${tree}`,
      GOFLAGS: "-mod=readonly",
      GOMODCACHE: sandbox.path("fresh"),
    };
    const options = { directory: project, environment };
    expect(await sandbox.go(["run", "."], options)).toContain("Hello From Modules");
    await sandbox.go(["mod", "download"], options);
    expect(await sandbox.go(["mod", "verify"], options)).toBe("all modules verified\n");
    expect(await sandbox.go(["list", "-m", "-versions", "rsc.io/quote"], options)).toBe(
      "rsc.io/quote v1.5.2\n",
    );
    const again = await sandbox.run([GOMODFS, "export", "--as", "proxy", tree]);
    expect(again).toMatch(/^0 modules exported \(0 B\), \d+ already there/);
    await rm(join(tree, "rsc.io/quote/@v/v1.5.2.zip"));
    expect(await sandbox.run([GOMODFS, "export", "--as", "proxy", tree])).toMatch(/^1 module /);
  });

  it("is exported only as far as modules are named", async () => {
    const tree = sandbox.path("some");
    await sandbox.run([GOMODFS, "export", "--as", "proxy", tree, formatModuleVersion(QUOTE)]);
    expect(await readdir(tree)).toEqual(["rsc.io"]);
    const missing = await sandbox.gomodfs(["export", "--as", "proxy", tree, "rsc.io/quote@v1.5.1"]);
    expect(missing.status).toBe(1);
    expect(missing.stderr).toContain("rsc.io/quote@v1.5.1 has no .zip in the store");
    const nonsense = await sandbox.gomodfs(["export", tree, "rsc.io/quote"]);
    expect(nonsense.status).toBe(2);
  });

  it("moves on to another store, as it is", async () => {
    const store = sandbox.path("other");
    await sandbox.run([GOMODFS, "import", "--store", store, sandbox.store]);
    const list = await sandbox.run([GOMODFS, "list", "--json", "--store", store]);
    expect(list).toBe(await sandbox.run([GOMODFS, "list", "--json"]));
    expect(await sandbox.run([GOMODFS, "verify", "--store", store])).toContain("5 modules");
  });
});

describe("what cannot be verified", () => {
  let sandbox: Sandbox;
  let project: string;

  beforeAll(async () => {
    sandbox = await Sandbox.create();
    project = await downloadHello(sandbox);
  });

  afterAll(async () => {
    await sandbox[Symbol.asyncDispose]();
  });

  /** A copy of `cache/download` to do harm to. */
  async function copyOfDownloads(name: string): Promise<string> {
    const copy = sandbox.path(name);
    await cp(join(sandbox.modcache, "cache/download"), copy, { recursive: true });
    return copy;
  }

  it("is a zip with a byte changed, a zip with other files, a .mod that is another", async () => {
    const copy = await copyOfDownloads("tampered");
    const place = (id: ModuleVersion) =>
      join(copy, downloadFile(id).replace("cache/download/", ""));
    const uuid = parseModuleVersion("github.com/google/uuid", "v1.6.0");
    await flipByteInTheMiddle(`${place(uuid)}.zip`);
    await cp(`${place(SAMPLER)}.zip`, `${place(QUOTE)}.zip`);
    await appendFile(`${place(SAMPLER)}.mod`, "// changed\n");
    const store = sandbox.path("tampered-store");
    const { status, stdout, stderr } = await sandbox.gomodfs(["import", "--store", store, copy]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/3 failed, in /);
    expect(stderr).toMatch(/github\.com\/google\/uuid@v1\.6\.0/);
    expect(stderr).toMatch(/rsc\.io\/quote@v1\.5\.2.*prefix/);
    expect(stderr).toMatch(
      /checksum mismatch for rsc\.io\/sampler@v1\.3\.0\/go\.mod: \S+v1\.3\.0\.mod has h1:\S+, \S+ says h1:/,
    );
    const resident = await sandbox.run([GOMODFS, "list", "--store", store]);
    expect(resident).not.toMatch(/quote|uuid/);
    expect(resident).toContain("gopkg.in/yaml.v3@v3.0.1");
  });

  it("is told apart by a go.sum, without asking anybody", async () => {
    const copy = await copyOfDownloads("by-sum");
    const sum = sandbox.path("go.sum");
    const honest = await readFile(join(project, "go.sum"), "utf8");
    await writeFile(sum, honest.replace(/(rsc.io\/quote v1.5.2 h1:)..../, "$1AAAA"));
    const args = ["import", "--store", sandbox.path("sum-store"), "--sum", sum, copy];
    const requests = sandbox.proxy.requestsMatching(/./);
    const { status, stderr } = await sandbox.gomodfs(args, { environment: { GOPROXY: "off" } });
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /checksum mismatch for rsc\.io\/quote@v1\.5\.2: .* go\.sum says h1:AAAA/,
    );
    expect(stderr.match(/checksum mismatch/g)).toHaveLength(1);
    expect(sandbox.proxy.requestsMatching(/./)).toBe(requests);
  });

  it("is everything where nothing can be asked, unless settings exempt it", async () => {
    const zip = join(sandbox.modcache, `${downloadFile(QUOTE)}.zip`);
    const args = ["import", "--store", sandbox.path("nothing"), zip];
    const end = sandbox.proxy.addFault({ pattern: /^\/sumdb\//, status: 403 });
    const { status, stderr } = await sandbox.gomodfs(args);
    end();
    expect(status).toBe(1);
    expect(stderr).toMatch(/^gomodfs: cannot verify rsc\.io\/quote@v1\.5\.2: .*\n {2}.*--sum/);
    const environment = { GOPROXY: "off", GOPRIVATE: "rsc.io" };
    expect(await sandbox.run([GOMODFS, ...args], { environment })).toContain("1 module imported");
  });
});

it("private modules are imported from zips of any name, and told as JSON", async () => {
  await using sandbox = await Sandbox.create();
  const id = sandbox.proxy.addModule("corp.example.com/m", "v1.2.3", { "m.go": "package m\n" });
  const environment = { GOPRIVATE: "corp.example.com" };
  const response = await fetch(`${sandbox.proxy.url}/corp.example.com/m/@v/v1.2.3.zip`);
  const directory = sandbox.makeDirectory("distfiles");
  await writeFile(join(directory, "m-1.2.3.zip"), await response.bytes());
  await writeFile(join(directory, "broken.zip"), "PK");
  const json = await sandbox.gomodfs(["import", "--json", directory], { environment });
  expect(json.status).toBe(1);
  const lines = json.stdout.trimEnd().split("\n");
  const told = lines.map((line) => JsonFields.parse(line, "a line"));
  const module = told.find((fields) => fields.optionalString("path") !== undefined);
  expect(module?.string("version")).toBe(id.version);
  expect(module?.strings("written")).toEqual(["zip", "mod"]);
  const broken = told.find((fields) => fields.optionalString("file") !== undefined);
  expect(broken?.objects("errors")[0]?.string("code")).toBe("INVALID");
  expect(json.stderr).toContain("broken.zip is not a module zip");
  const quiet = await sandbox.gomodfs(["import", "-q", directory], { environment });
  expect(quiet.stdout).toBe("");
  expect(quiet.stderr).toContain("broken.zip");
});

it("a repository as tailscale/gomodfs writes one is imported, verified", async () => {
  await using sandbox = await Sandbox.create();
  await downloadHello(sandbox);
  const repository = sandbox.path("foreign");
  await sandbox.run(["git", "init", "-q", repository]);
  await writeForeignModule(sandbox, repository, QUOTE);
  await writeForeignModule(sandbox, repository, SAMPLER, "// added\n");
  const { status, stdout, stderr } = await sandbox.gomodfs(["import", repository]);
  expect(status).toBe(1);
  expect(stdout).toMatch(/^1 module imported .* 1 failed/);
  expect(stderr).toContain("rsc.io/sampler@v1.3.0");
  expect(await residentModules(sandbox)).toEqual(["rsc.io/quote@v1.5.2"]);
  const list = await sandbox.run([GOMODFS, "list", "--json"]);
  expect(list).toContain('"version":"v1.5.2","info":true,"mod":true,"zip":true');
});

it("odd modules come back from a store as go mod download leaves them", {
  timeout: 120_000,
}, async () => {
  await using sandbox = await Sandbox.create();
  const real = sandbox.path("real");
  const names = ODD_MODULES.map(({ id }) => formatModuleVersion(id));
  await sandbox.go(["mod", "download", ...names], { environment: { GOMODCACHE: real } });
  expect(await sandbox.run([GOMODFS, "import", real])).toMatch(NONE_FAILED);
  const exported = sandbox.path("exported");
  expect(await sandbox.run([GOMODFS, "export", exported])).toMatch(NONE_FAILED);
  expect(await comparable(exported)).toEqual(await comparable(real));

  const tree = sandbox.path("tree");
  await sandbox.run([GOMODFS, "export", "--as", "proxy", tree]);
  const environment = {
    GOPROXY: `file://${tree}`,
    GONOSUMDB: "*",
    GOMODCACHE: sandbox.path("new"),
  };
  const latest = ["rsc.io/quote@latest", "golang.org/x/exp@latest"];
  expect(await sandbox.go(["list", "-m", ...latest], { environment })).toBe(
    "rsc.io/quote v1.5.2\ngolang.org/x/exp v0.0.0-20230905200255-921286631fa9\n",
  );
  for (const source of [exported, tree]) {
    const store = `${source}-store`;
    await sandbox.run([GOMODFS, "import", "--store", store, source]);
    expect(await sandbox.run([GOMODFS, "list", "--json", "--store", store])).toBe(
      await sandbox.run([GOMODFS, "list", "--json"]),
    );
  }
});

it("a module without .info is named, and the rest exported", async () => {
  await using sandbox = await Sandbox.create();
  await downloadHello(sandbox);
  await rm(join(sandbox.modcache, `${downloadFile(QUOTE)}.info`));
  expect(await sandbox.run([GOMODFS, "import", sandbox.modcache])).toMatch(NONE_FAILED);
  const tree = sandbox.path("tree");
  const { status, stdout, stderr } = await sandbox.gomodfs(["export", "--as", "proxy", tree]);
  expect(status).toBe(1);
  expect(stderr).toMatch(
    /^gomodfs: rsc\.io\/quote@v1\.5\.2 has no \.info in the store\n {2}the go/,
  );
  expect(stdout).toContain(", 1 failed");
  expect(await readdir(join(tree, "rsc.io/quote/@v"))).toEqual([
    "list",
    "v1.5.2.mod",
    "v1.5.2.zip",
  ]);
  expect(await readFile(join(tree, "rsc.io/quote/@v/list"), "utf8")).toBe("");
});

it("--modcacherw leaves directories writable", async () => {
  await using sandbox = await Sandbox.create();
  await downloadHello(sandbox);
  await sandbox.run([GOMODFS, "import", sandbox.modcache]);
  const name = formatModuleVersion(QUOTE);
  await sandbox.run([GOMODFS, "export", "--modcacherw", sandbox.path("writable"), name]);
  const lines = await describeTree(sandbox.path("writable", moduleDirectory(QUOTE)));
  expect(new Set(lines.map((line) => line.slice(0, 6)))).toEqual(new Set(["040755", "100444"]));
});

it.each(["import", "export"])("%s --help says how to use it, with an example", async (command) => {
  await using sandbox = await Sandbox.create();
  const help = await sandbox.run([GOMODFS, command, "--help"]);
  expect(help).toContain(`Usage: gomodfs ${command}`);
  expect(help).toMatch(/Examples:\n {2}gomodfs /);
  expect(help.split("\n").filter((line) => line.length > 100)).toEqual([]);
});

describe("wrong usage", () => {
  it.each([
    { args: ["import"], says: /missing required argument 'sources'/ },
    { args: ["import", "missing"], says: /cannot read .*missing/ },
    { args: ["import", "--from", "tar", "."], says: /tar.*modcache, zips, repository/s },
    { args: ["import", "--sum", "missing", "."], says: /there is no missing/ },
    { args: ["export"], says: /missing required argument 'directory'/ },
    { args: ["export", "--as", "tar", "out"], says: /tar.*modcache, proxy/s },
  ])("gomodfs $args exits with 2 and says what is wrong", async ({ args, says }) => {
    await using sandbox = await Sandbox.create();
    const directory = sandbox.makeDirectory("empty");
    const { status, stdout, stderr } = await sandbox.gomodfs(args, { directory });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(says);
  });

  it("a directory without modules is no source, and an empty store no export", async () => {
    await using sandbox = await Sandbox.create();
    const empty = sandbox.makeDirectory("empty");
    const imported = await sandbox.gomodfs(["import", empty]);
    expect(imported.status).toBe(2);
    expect(imported.stderr).toMatch(/holds no Go modules\n.*--from/);
    const exported = await sandbox.gomodfs(["export", sandbox.path("out")]);
    expect(exported.status).toBe(1);
    expect(exported.stderr).toContain(`there is no store at ${sandbox.store}`);
    expect(await readdir(sandbox.path("."))).not.toContain("out");
  });
});

/** Downloads the modules of a copy of the example into the sandbox's own GOMODCACHE; gives the copy's directory. */
async function downloadHello(sandbox: Sandbox): Promise<string> {
  const project = sandbox.path("project");
  cpSync(HELLO, project, { recursive: true });
  await sandbox.go(["mod", "download"], { directory: project });
  return project;
}

/** All of a GOMODCACHE but what cmd/go keeps for itself, and the zips, which have other bytes and the same h1. */
async function comparable(modcache: string): Promise<string[]> {
  const lines = await describeTree(modcache);
  return lines.filter(
    (line) => !/ cache\/(lock|download\/sumdb\b.*|download\/.*\.zip)$/.test(line),
  );
}

async function flipByteInTheMiddle(path: string): Promise<void> {
  await chmod(path, 0o644);
  const bytes = await readFile(path);
  const middle = Math.floor(bytes.length / 2);
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 0xff, middle);
  await writeFile(path, bytes);
}

/** Writes a module of the sandbox's GOMODCACHE as gitstore.PutModule of tailscale/gomodfs does, by git itself. */
async function writeForeignModule(
  sandbox: Sandbox,
  repository: string,
  id: ModuleVersion,
  addition?: string,
): Promise<void> {
  const git = async (args: readonly string[], index: string, input = ""): Promise<string> => {
    const environment = { GIT_DIR: join(repository, ".git"), GIT_INDEX_FILE: index };
    return (await sandbox.run(["git", ...args], { environment, input })).trimEnd();
  };
  const files = sandbox.path("work", id.version);
  await mkdir(sandbox.path("work"), { recursive: true });
  await cp(join(sandbox.modcache, moduleDirectory(id)), files, { recursive: true });
  if (addition !== undefined) {
    await chmod(join(files, "go.mod"), 0o644);
    await appendFile(join(files, "go.mod"), addition);
  }
  const index = sandbox.path("work", `${id.version}.index`);
  await git(["--work-tree", files, "add", "--all", "--force", "."], index);
  const zip = await git(["write-tree"], index);
  const blobs = ["info", "mod", "ziphash"].map(async (extension) => {
    const path = join(sandbox.modcache, `${downloadFile(id)}.${extension}`);
    const blob = await git(["hash-object", "-w", "--no-filters", path], index);
    return `100644 blob ${blob}\t${extension}\n`;
  });
  const entries = [...(await Promise.all(blobs)), `040000 tree ${zip}\tzip\n`];
  const tree = await git(["mktree"], index, entries.join(""));
  await git(["update-ref", refName(id, "zip"), tree], index);
}

import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { moduleFiles } from "../src/prefetch/testdata/made_up_graph.ts";
import { jsonLines } from "./support/go_list_json.ts";
import { ModProject } from "./support/mod_project.ts";

const MAIN = "example.com/main";
const READ_ONLY = { GOFLAGS: "-mod=readonly" };
const PROJECT = moduleFiles(MAIN, {
  requires: ["example.com/new v1.0.0"],
  imports: ["example.com/new"],
});

/** A tidy project of which all is resident. */
async function residentProject(): Promise<ModProject> {
  const project = await ModProject.create(PROJECT);
  await project.go(["mod", "tidy"]);
  await project.print(["why", "example.com/leaf"]);
  return project;
}

/** What a DOT file says, by the grammar of quoted identifiers. */
function edgesOf(dot: string): string[] {
  const lines = dot.split("\n").filter((line) => line.includes("->"));
  return lines.map((line) => {
    const names = line.match(/"(?:[^"\\]|\\.)*"/g) ?? [];
    return names.map((name) => name.slice(1, -1).replace(/\\(.)/g, "$1")).join(" ");
  });
}

describe("gomodfs mod verify", () => {
  it("tells of bytes that are not what was stored, as the go command does", async () => {
    await using project = await ModProject.create(PROJECT);
    await project.go(["mod", "tidy"]);
    await project.go(["mod", "download", "all"]);
    const modcache = ["--store", `dir:${project.sandbox.modcache}`];
    expect(await project.print(["verify", ...modcache])).toBe("all modules verified\n");
    const file = join(project.sandbox.modcache, "example.com/old@v1.0.0/p.go");
    chmodSync(file, 0o644);
    writeFileSync(file, "package other\n");
    const { status, stdout, stderr } = await project.mod(["verify", ...modcache]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/^gomodfs: example.com\/old v1.0.0: .*modified.*\n$/);
    const go = await project.tryGo(["mod", "verify"]);
    expect(go.stderr).toMatch(/^example.com\/old v1.0.0: dir has been modified .*\n$/);
    expect(go.status).toBe(1);
  });

  it("tells of modules that go.sum knows otherwise", async () => {
    await using project = await residentProject();
    const sum = join(project.directory, "go.sum");
    const h1 = `h1:${"A".repeat(43)}=`;
    const text = readFileSync(sum, "utf8");
    writeFileSync(sum, text.replace(/^(example.com\/old v1.0.0) .*$/m, `$1 ${h1}`));
    const { status, stderr } = await project.mod(["verify"]);
    expect(status).toBe(1);
    expect(stderr).toContain("gomodfs: example.com/old v1.0.0: checksum mismatch");
    const json = await project.mod(["verify", "--json"]);
    expect(jsonLines(json.stdout)).toMatchObject([{ Path: "example.com/old", Version: "v1.0.0" }]);
    const why = await project.mod(["why", "example.com/leaf"]);
    expect(why.status).toBe(1);
    expect(why.stderr).toContain("checksum mismatch for example.com/old@v1.0.0");
    writeFileSync(sum, text.replace(/^(example.com\/new v1.0.0\/go.mod) .*$/m, `$1 ${h1}`));
    const graph = await project.mod(["graph"]);
    expect(graph).toMatchObject({ status: 1, stdout: "" });
    expect(graph.stderr).toContain("checksum mismatch for example.com/new@v1.0.0/go.mod");
  });
});

describe("gomodfs mod without what it needs", () => {
  it("says what go.sum lacks, as the go command does", async () => {
    await using project = await ModProject.create(PROJECT);
    const { status, stderr } = await project.mod(["list"], READ_ONLY);
    const go = await project.tryGo(["list", "-m", "all"], READ_ONLY);
    expect(go.stderr).toContain("missing go.sum entry for go.mod file; to add it:");
    const named = stderr.replace("gomodfs: ", "go: ").split("\n").slice(0, 2);
    expect(named).toEqual(go.stderr.split("\n").slice(0, 2));
    expect(status).toBe(1);
  });

  it("names the requirements that lead to a go.mod file that cannot be had", async () => {
    const shape = { go: "1.16", requires: ["example.com/new v1.0.0"] };
    await using project = await ModProject.create(moduleFiles(MAIN, shape));
    project.sandbox.proxy.set("/example.com/leaf/@v/v1.0.0.mod", { status: 404 });
    const { status, stdout, stderr } = await project.mod(["graph"]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain(
      "gomodfs: example.com/new@v1.0.0 requires\n\texample.com/leaf@v1.0.0: ",
    );
  });

  it("refuses a go.mod file that declares another path", async () => {
    const requires = ["example.com/fork v1.5.0"];
    await using project = await ModProject.create(moduleFiles(MAIN, { requires }));
    const { status, stderr } = await project.mod(["graph"]);
    expect(status).toBe(1);
    expect(stderr).toContain("module declares its path as: example.com/old");
    expect((await project.tryGo(["mod", "graph"])).status).toBe(1);
  });

  it("tells of modules that cannot be looked into, and answers the rest", async () => {
    await using project = await ModProject.create(PROJECT);
    project.sandbox.proxy.set("/example.com/old/@v/v1.0.0.zip", { status: 404 });
    const { status, stdout, stderr } = await project.mod(["why", "example.com/new"]);
    expect(stdout).toBe(await project.go(["mod", "why", "example.com/new"]));
    expect(stderr).toContain("example.com/old");
    expect(status).toBe(1);
  });

  it("works without a proxy once all is resident", async () => {
    await using project = await residentProject();
    const off = { GOPROXY: "off" };
    for (const args of [["graph"], ["list"], ["why", "-m", "all"], ["verify"]]) {
      expect((await project.mod(args, off)).status).toBe(0);
    }
  });

  it("works without a go command", async () => {
    await using project = await residentProject();
    const node = { PATH: join(process.execPath, ".."), GOROOT: undefined };
    const why = ["why", "example.com/leaf", "fmt"];
    expect(await project.print(why, node)).toBe(await project.go(["mod", ...why]));
    expect(await project.print(["graph"], node)).toBe(await project.go(["mod", "graph"]));
  });

  it("refuses to list the build list of a vendored project", async () => {
    await using project = await residentProject();
    await project.go(["mod", "vendor"]);
    expect((await project.mod(["list"])).status).toBe(2);
    expect((await project.mod(["list"], READ_ONLY)).status).toBe(0);
    expect(await project.print(["graph"])).toBe(await project.go(["mod", "graph"]));
  });
});

describe("other forms of output", () => {
  it("has the same edges in DOT and JSON", async () => {
    await using project = await residentProject();
    const text = (await project.print(["graph"])).trim().split("\n");
    expect(edgesOf(await project.print(["graph", "--dot"]))).toEqual(text);
    const edges = jsonLines(await project.print(["graph", "--json"])).flatMap(
      ({ Require: required, ...by }) =>
        Array.isArray(required) ? required.map((node) => `${nameOf(by)} ${nameOf(node)}`) : [],
    );
    expect(edges).toEqual(text);
  });

  it("tells reasons in JSON and DOT", async () => {
    await using project = await residentProject();
    const asked = ["why", "example.com/old", "example.com/tool"];
    const chain = [MAIN, "example.com/new", "example.com/old"];
    expect(jsonLines(await project.print([...asked, "--json"]))).toEqual([
      { Package: "example.com/old", Needed: true, Chain: chain },
      { Package: "example.com/tool", Needed: false, Chain: [] },
    ]);
    expect(edgesOf(await project.print([...asked, "--dot"]))).toEqual([
      `${MAIN} example.com/new`,
      "example.com/new example.com/old",
    ]);
  });
});

function nameOf(node: object): string {
  return Object.values(node).join("@");
}

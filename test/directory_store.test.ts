import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { JsonFields } from "../src/daemon/json_fields.ts";
import { describeTree } from "./support/directory_tree.ts";
import { Sandbox } from "./support/sandbox.ts";

const PROJECT = {
  "go.mod": "module example.com/project\n\ngo 1.21\n\nrequire rsc.io/quote v1.5.2\n",
  "main.go": 'package main\n\nimport "rsc.io/quote"\n\nfunc main() { println(quote.Hello()) }\n',
};

function writeProject(sandbox: Sandbox): string {
  const directory = sandbox.makeDirectory("project");
  for (const [name, text] of Object.entries(PROJECT)) writeFileSync(join(directory, name), text);
  return directory;
}

/** What each module's directory holds. */
async function describeModules(modcache: string): Promise<string[]> {
  const lines = await describeTree(modcache);
  return lines.filter((line) => / (?:rsc\.io|golang\.org)\/.*@/.test(line));
}

it("mount serves a GOMODCACHE that go filled, and fills it so that go can use it alone", async () => {
  await using sandbox = await Sandbox.create();
  const modcache = sandbox.path("modcache");
  const store = ["--store", `dir:${modcache}`];
  const directory = writeProject(sandbox);
  await sandbox.go(["mod", "download", "rsc.io/sampler@v1.3.0"], {
    directory: sandbox.makeDirectory("empty"),
    environment: { GOMODCACHE: modcache },
  });
  const mount = await sandbox.mount({ options: store });
  const sampler = /rsc\.io\/sampler\/@v\/v1\.3\.0\.zip/;
  const before = sandbox.proxy.requestsMatching(sampler);
  expect(readdirSync(join(mount.directory, "rsc.io"))).toContain("sampler@v1.3.0");
  expect(readFileSync(join(mount.directory, "rsc.io/sampler@v1.3.0/go.mod"), "utf8")).toContain(
    "rsc.io/sampler",
  );
  const environment = { GOMODCACHE: mount.directory };
  await sandbox.go(["mod", "tidy"], { directory, environment });
  await sandbox.go(["build", "-o", sandbox.path("program"), "."], { directory, environment });
  expect(await sandbox.go(["mod", "verify"], { directory, environment })).toBe(
    "all modules verified\n",
  );
  expect(sandbox.proxy.requestsMatching(sampler)).toBe(before);
  expect(await describeModules(mount.directory)).toEqual(await describeModules(modcache));

  const status = await sandbox.gomodfs(["status", "--json", ...store]);
  const told = JsonFields.parse(status.stdout, "the status");
  expect(told.object("store").string("directory")).toBe(modcache);
  expect(told.objects("daemons")).toHaveLength(1);
  expect(await mount.stop()).toBe(0);

  const offline = { GOMODCACHE: modcache, GOPROXY: "off" };
  await sandbox.go(["build", "-o", sandbox.path("program"), "."], {
    directory,
    environment: offline,
  });
  expect(await sandbox.go(["mod", "verify"], { directory, environment: offline })).toBe(
    "all modules verified\n",
  );
  const listed = await sandbox.gomodfs(["list", ...store]);
  expect(listed.stdout).toContain("rsc.io/quote@v1.5.2\n");
  expect(await sandbox.gomodfs(["verify", ...store])).toMatchObject({ status: 0 });
  expect(readdirSync(modcache).sort()).toEqual(["cache", "golang.org", "rsc.io"]);
});

it("exec serves a GOMODCACHE at its own path", async () => {
  await using sandbox = await Sandbox.create();
  const directory = writeProject(sandbox);
  await sandbox.run(["mkdir", "-p", sandbox.modcache]);
  const exec = ["exec", "--store", `dir:${sandbox.modcache}`, "--"];
  for (const command of [
    ["mod", "tidy"],
    ["build", "-o", sandbox.path("program"), "."],
  ]) {
    const result = await sandbox.gomodfs([...exec, "go", ...command], { directory });
    expect(result).toMatchObject({ status: 0 });
  }
  expect(existsSync(join(sandbox.modcache, "rsc.io/quote@v1.5.2/quote.go"))).toBe(true);
  await sandbox.go(["build", "-o", sandbox.path("program"), "."], {
    directory,
    environment: { GOPROXY: "off" },
  });
});

it("a GOMODCACHE cannot be mounted over itself", async () => {
  await using sandbox = await Sandbox.create();
  const modcache = sandbox.makeDirectory("modcache");
  const result = await sandbox.gomodfs(["mount", "--store", `dir:${modcache}`, modcache]);
  expect(result.status).toBe(2);
  expect(result.stderr).toContain("holds the store itself");
});

it("dir: without a path is an error", async () => {
  await using sandbox = await Sandbox.create();
  const result = await sandbox.gomodfs(["list", "--store", "dir:"]);
  expect(result.status).toBe(2);
  expect(result.stderr).toContain("--store dir:/");
});

import { cpSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseGoMod } from "../src/module/go_mod.ts";
import { listedModules } from "./support/go_list_json.ts";
import { ModProject } from "./support/mod_project.ts";

const GETH = "github.com/ethereum/go-ethereum@v1.16.7";
const KUBERNETES = "k8s.io/kubernetes@v1.34.2";
/** The version under which the modules are published that kubernetes has in directories of its own repository. */
const STAGING_VERSION = "v0.34.2";
/** The go command downloads up to a gigabyte. */
const TIMEOUT = 280_000;
const READ_ONLY = { GOFLAGS: "-mod=readonly" };
const MOD = { GOFLAGS: "-mod=mod" };

/** Packages and modules, needed or not. */
const PACKAGES = [
  "golang.org/x/text/language",
  "golang.org/x/net/html",
  "golang.org/x/crypto/sha3",
  "github.com/stretchr/testify/assert",
  "github.com/kr/text",
  "gopkg.in/yaml.v3",
  "gopkg.in/check.v1",
  "go.uber.org/goleak",
  "rsc.io/quote",
  "net/http",
  "vendor/golang.org/x/net/dns/dnsmessage",
  "./cmd/...",
] as const;

/** A copy of a module's sources as a project. */
async function sourcesOf(module: string): Promise<ModProject> {
  const project = await ModProject.create();
  await project.go(["mod", "download", module], { GOFLAGS: "-modcacherw" });
  cpSync(join(project.sandbox.modcache, module), project.directory, { recursive: true });
  return project;
}

/** A module zip has neither the staging modules that go.mod points at, nor vendored packages; go.work is about both. */
async function kubernetes(): Promise<ModProject> {
  const project = await sourcesOf(KUBERNETES);
  for (const name of ["go.work", "go.work.sum", "vendor"]) {
    rmSync(join(project.directory, name), { recursive: true, force: true });
  }
  const goMod = parseGoMod(readFileSync(join(project.directory, "go.mod"), "utf8"));
  const staging = goMod.replace.filter(({ by }) => by.kind === "directory");
  const edits = staging.flatMap(({ path }) => [
    `-dropreplace=${path}`,
    `-require=${path}@${STAGING_VERSION}`,
  ]);
  await project.go(["mod", "edit", ...edits]);
  return project;
}

/** What gomodfs and the go command print, command for command. */
async function outputsOf(
  project: ModProject,
): Promise<{ readonly gomodfs: string[]; readonly go: string[] }> {
  const gomodfs: string[] = [];
  const go: string[] = [];
  for (const command of [["graph"], ["why", ...PACKAGES], ["why", "-m", "all"], ["verify"]]) {
    gomodfs.push(await project.print(command));
    go.push(await project.go(["mod", ...command]));
  }
  return { gomodfs, go };
}

describe("gomodfs mod prints what the go command prints", () => {
  it("of go-ethereum", { timeout: TIMEOUT }, async () => {
    await using project = await sourcesOf(GETH);
    const outputs = await outputsOf(project);
    expect(outputs.gomodfs).toEqual(outputs.go);
    expect(outputs.go.join("").split("\n").length).toBeGreaterThan(1500);
    const listed = await project.go(["list", "-m", "all"], READ_ONLY);
    expect(await project.print(["list"], READ_ONLY)).toBe(listed);
    const details = await project.go(["list", "-m", "-json", "all"], READ_ONLY);
    expect(listedModules(await project.print(["list", "--json"], READ_ONLY))).toEqual(
      listedModules(details),
    );
  });

  it("of kubernetes with published staging modules", { timeout: TIMEOUT }, async () => {
    await using project = await kubernetes();
    const outputs = await outputsOf(project);
    expect(outputs.gomodfs).toEqual(outputs.go);
    expect(outputs.go.join("").split("\n").length).toBeGreaterThan(1500);
    const listed = await project.print(["list"], MOD);
    const details = await project.print(["list", "--json"], MOD);
    expect(listedModules(details)).toEqual(
      listedModules(await project.go(["list", "-m", "-json", "all"], MOD)),
    );
    expect(listed).toBe(await project.go(["list", "-m", "all"], MOD));
  });
});

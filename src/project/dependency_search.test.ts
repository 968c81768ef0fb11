import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { Scratch } from "../exec/fixtures/start.ts";
import { findGoSums, findRequirements, isVendored } from "./dependency_search.ts";
import type { MainModuleSettings } from "./main_module.ts";

const settings = {
  GOWORK: "",
  GOROOT: undefined,
  flags: { mod: undefined, modfile: undefined },
} satisfies MainModuleSettings;

/** A directory with these files. */
class Project extends Scratch {
  constructor(files: Readonly<Record<string, string>>) {
    super();
    for (const [name, text] of Object.entries(files)) {
      const file = join(this.path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }

  /** The texts that are found; in these projects each go.sum holds its own name. */
  async sums(directory: string, changes: Partial<MainModuleSettings> = {}): Promise<string[]> {
    const search = { directory: join(this.path, directory), settings: { ...settings, ...changes } };
    return (await findGoSums(search)).map(({ text }) => text);
  }
}

const MODULE = { "m/go.mod": "module m\n", "m/go.sum": "m/go.sum", "m/pkg/x.go": "" };
const WORKSPACE = {
  ...MODULE,
  "n/go.mod": "module n\n",
  "n/go.sum": "n/go.sum",
  "go.work": 'go 1.22\nuse ./m\nuse (\n\t"./n" // comment\n\t./gone\n)\n',
  "go.work.sum": "go.work.sum",
};

describe("findGoSums()", () => {
  test("finds the module's from a package upwards, and none outside", async () => {
    using project = new Project(MODULE);
    const directory = join(project.path, "m/pkg");
    const path = join(project.path, "m/go.sum");
    expect(await findGoSums({ directory, settings })).toEqual([{ path, text: "m/go.sum" }]);
    expect(await project.sums("")).toEqual([]);
    expect(await project.sums("no/such/directory")).toEqual([]);
  });

  test("finds the workspace's and its modules'", async () => {
    using project = new Project(WORKSPACE);
    const all = ["go.work.sum", "m/go.sum", "n/go.sum"];
    expect(await project.sums("m/pkg")).toEqual(all);
    expect(await project.sums("")).toEqual(all);
    const goWork = join(project.path, "go.work");
    expect(await project.sums("..", { GOWORK: goWork })).toEqual(all);
  });

  test("knows GOWORK=off, auto and GOROOT", async () => {
    using project = new Project(WORKSPACE);
    expect(await project.sums("m", { GOWORK: "off" })).toEqual(["m/go.sum"]);
    expect(await project.sums("m", { GOWORK: "auto" })).toHaveLength(3);
    expect(await project.sums("m", { GOROOT: project.path })).toEqual(["m/go.sum"]);
    expect(await project.sums("m", { GOWORK: join(project.path, "new.work") })).toEqual([
      "m/go.sum",
    ]);
    await expect(project.sums("m", { GOWORK: "go.work" })).rejects.toMatchObject({ code: "USAGE" });
  });

  test("follows -modfile from the working directory", async () => {
    using project = new Project({ ...MODULE, "m/pkg/alt.sum": "m/pkg/alt.sum" });
    const withModfile = (modfile: string) => ({ flags: { mod: undefined, modfile } });
    expect(await project.sums("m/pkg", withModfile("alt.mod"))).toEqual(["m/pkg/alt.sum"]);
    const wrong = project.sums("m/pkg", withModfile("alt.txt"));
    await expect(wrong).rejects.toMatchObject({ code: "USAGE" });
  });

  test("refuses a go.work or go.sum that cannot be read", async () => {
    using project = new Project({ ...WORKSPACE, "go.work": "use (" });
    await expect(project.sums("m")).rejects.toMatchObject({ code: "INVALID" });
    using other = new Project({ "go.mod": "", "go.sum/x": "" });
    await expect(other.sums("")).rejects.toMatchObject({ code: "INVALID" });
  });
});

describe("isVendored()", () => {
  const vendored = (project: Project, directory: string, mod?: string) =>
    isVendored({
      directory: join(project.path, directory),
      settings: { ...settings, flags: { mod, modfile: undefined } },
    });

  test("goes by the vendor directory, the go line and -mod", async () => {
    using project = new Project({
      "go.mod": "module m\ngo 1.14\n",
      "vendor/modules.txt": "# a v1\n",
    });
    expect(await vendored(project, "")).toBe(true);
    expect(await vendored(project, "", "mod")).toBe(false);
    writeFileSync(join(project.path, "go.mod"), "module m\ngo 1.13\n");
    expect(await vendored(project, "")).toBe(false);
    expect(await vendored(project, "", "vendor")).toBe(true);
    writeFileSync(join(project.path, "go.mod"), "module m\n");
    expect(await vendored(project, "")).toBe(false);
  });

  test("tells a workspace's vendor directory from a module's", async () => {
    using project = new Project({ ...WORKSPACE, "vendor/modules.txt": "## a; workspace\n" });
    expect(await vendored(project, "m")).toBe(true);
    writeFileSync(join(project.path, "vendor/modules.txt"), "# workspace\n");
    expect(await vendored(project, "m")).toBe(false);
    using without = new Project(MODULE);
    expect(await vendored(without, "m")).toBe(false);
  });
});

describe("findRequirements()", () => {
  const required = async (files: Readonly<Record<string, string>>, directory: string) => {
    using project = new Project(files);
    const search = { directory: join(project.path, directory), settings };
    return (await findRequirements(search)).map(({ path, version }) => `${path}@${version}`);
  };

  test("gives direct requirements first, and replacements instead of what they replace", async () => {
    const goMod = `module m
require (
	example.com/a v1.0.0 // indirect
	example.com/b v1.0.0
	example.com/c v1.0.0
	example.com/d v1.0.0
)
replace example.com/b => example.com/fork v1.2.0
replace example.com/c => ../c
replace example.com/d v1.1.0 => example.com/other v1.0.0
`;
    expect(await required({ "go.mod": goMod }, ".")).toEqual([
      "example.com/fork@v1.2.0",
      "example.com/c@v1.0.0",
      "example.com/d@v1.0.0",
      "example.com/a@v1.0.0",
    ]);
  });

  test("joins the modules of a workspace", async () => {
    const files = {
      ...WORKSPACE,
      "m/go.mod": "module m\nrequire example.com/a v1.0.0\n",
      "n/go.mod": "module n\nrequire example.com/b v1.0.0\n",
    };
    expect(await required(files, "m")).toEqual(["example.com/a@v1.0.0", "example.com/b@v1.0.0"]);
  });

  test("gives nothing for a go.mod that cannot be parsed, which the go command will refuse", async () => {
    expect(await required({ "go.mod": "module m\nrequire (\n" }, ".")).toEqual([]);
    expect(await required({ x: "" }, ".")).toEqual([]);
  });
});

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { rejection } from "../../test/support/rejection.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../test/support/temporary_directory.ts";
import { parseModuleVersion } from "../module/path.ts";
import type { MainModuleSettings } from "./main_module.ts";
import { readProject } from "./project.ts";

const SETTINGS: MainModuleSettings = {
  GOWORK: "",
  GOROOT: undefined,
  flags: { mod: undefined, modfile: undefined },
};
const H1 = `h1:${"A".repeat(43)}=`;

function write(files: Readonly<Record<string, string>>): TemporaryDirectory {
  const directory = temporaryDirectory();
  for (const [name, text] of Object.entries(files)) {
    const path = directory.join(name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return directory;
}

const WORKSPACE = {
  "go.work":
    "go 1.22\ntoolchain go1.24.1\nuse (\n\t./m\n\t./n\n)\nreplace example.com/a => ./a\nreplace example.com/b v1.0.0 => example.com/c v1.1.0\n",
  "go.work.sum": `example.com/s v1.0.0/go.mod ${H1}\n`,
  "m/go.mod":
    "module m\ngo 1.21\nrequire example.com/a v1.0.0\nreplace example.com/a => example.com/z v1.0.0\nexclude example.com/x v1.0.0\n",
  "m/go.sum": `example.com/s v1.1.0 ${H1}\n`,
  "n/go.mod": "module n\nreplace example.com/d => ../d\n",
};

describe("readProject()", () => {
  it("joins the modules of a workspace", async () => {
    using directory = write(WORKSPACE);
    const project = await readProject(directory.join("m"), SETTINGS);
    expect(project).toMatchObject({
      kind: "workspace",
      file: directory.join("go.work"),
      go: "1.22",
      toolchain: "go1.24.1",
    });
    expect(project.goMods.map(({ goMod }) => goMod.module)).toEqual(["m", "n"]);
    expect(project.sums.map(({ id }) => id.version)).toEqual(["v1.0.0", "v1.1.0"]);
    expect([...project.excluded]).toEqual(["example.com/x@v1.0.0"]);
  });

  it("replaces by go.work before go.mod, by version before path", async () => {
    using directory = write(WORKSPACE);
    const { replacements } = await readProject(directory.path, SETTINGS);
    const resolve = (path: string, version: string): unknown =>
      replacements.resolve(parseModuleVersion(path, version));
    expect(resolve("example.com/a", "v1.0.0")).toEqual({
      kind: "directory",
      directory: directory.join("a"),
      written: "./a",
    });
    expect(resolve("example.com/b", "v1.0.0")).toMatchObject({ path: "example.com/c" });
    expect(resolve("example.com/b", "v1.0.1")).toEqual({
      kind: "module",
      path: "example.com/b",
      version: "v1.0.1",
    });
    expect(resolve("example.com/d", "v2.0.0+incompatible")).toMatchObject({
      directory: directory.join("d"),
    });
    expect(replacements.directories()).toEqual([directory.join("a"), directory.join("d")]);
  });

  it("takes a file for the project, whatever is around it", async () => {
    using directory = write(WORKSPACE);
    const module = await readProject(directory.join("m/go.mod"), SETTINGS);
    expect(module).toMatchObject({ kind: "module", go: "1.21", file: directory.join("m/go.mod") });
    const off = { ...SETTINGS, GOWORK: "off" };
    const workspace = await readProject(directory.join("go.work"), off);
    expect(workspace.kind).toBe("workspace");
  });

  it("knows a vendor directory", async () => {
    using directory = write({
      "go.mod": "module m\ngo 1.21\n",
      "vendor/modules.txt": "# example.com/a v1.0.0\n",
    });
    expect((await readProject(directory.path, SETTINGS)).kind).toBe("vendored");
    const flags = { mod: "mod", modfile: undefined };
    expect((await readProject(directory.path, { ...SETTINGS, flags })).kind).toBe("module");
  });

  it.each([
    ["no such path", {}, "nowhere", "USAGE", "/nowhere"],
    ["no project", { x: "" }, ".", "USAGE", "no go.mod or go.work file in"],
    ["another file", { "main.go": "" }, "main.go", "USAGE", "main.go is neither"],
    ["a malformed go.mod", { "go.mod": "modul m\n" }, ".", "INVALID", "go.mod:1"],
    ["a malformed go.sum", { "go.mod": "module m\n", "go.sum": "x\n" }, ".", "INVALID", "go.sum:1"],
    ["a module that is gone", { "go.work": "go 1.21\nuse ./m\n" }, ".", "INVALID", "m/go.mod"],
  ] as const)("refuses %s by name", async (_, files, path, code, message) => {
    using directory = write(files);
    const refused = readProject(directory.join(path), {
      ...SETTINGS,
      GOROOT: dirname(directory.path),
    });
    await expect(refused).rejects.toEqual(rejection(code, message));
  });
});

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { temporaryDirectory } from "../../test/support/temporary_directory.ts";
import { readGoSettings } from "../upstream/go_settings.ts";
import { readRequest } from "./prefetch_request.ts";

const root = temporaryDirectory();
afterAll(() => root[Symbol.dispose]());

const settings = readGoSettings({ HOME: root.path, PATH: "", GOTOOLCHAIN: "auto" });

function makeModule(name: string): string {
  const directory = root.join(name);
  mkdirSync(directory);
  writeFileSync(join(directory, "go.mod"), "module example.com/m\n\ngo 1.21\n");
  return directory;
}

describe("readRequest()", () => {
  it("takes the directory itself if nothing is named", async () => {
    const directory = makeModule("alone");
    const { projects, modules, all, toolchain } = await readRequest([], {}, directory, settings);
    expect(projects.map(({ file }) => file)).toEqual([join(directory, "go.mod")]);
    expect({ modules, all, toolchain }).toEqual({ modules: [], all: false, toolchain: undefined });
  });

  it("tells modules from directories, also from one with an @ in its name", async () => {
    const directory = makeModule("x@v1.0.0");
    const names = ["x@v1.0.0", directory, "rsc.io/quote@latest", "rsc.io/quote@v1.5.2"];
    const { projects, modules } = await readRequest(names, { all: true }, root.path, settings);
    expect(projects).toHaveLength(2);
    expect(modules).toEqual([
      { kind: "choice", path: "rsc.io/quote", query: "latest" },
      { kind: "version", id: { path: "rsc.io/quote", version: "v1.5.2" } },
    ]);
  });

  it("says of a path that does not exist how modules are named", async () => {
    const reading = readRequest(["golang.org/x/net"], {}, root.path, settings);
    await expect(reading).rejects.toMatchObject({
      code: "USAGE",
      hint: "name the directory of a Go module, or MODULE@VERSION",
    });
    await expect(readRequest(["./a@v1.0.0"], {}, root.path, settings)).rejects.toThrow(
      /a@v1\.0\.0/,
    );
  });

  it("asks for toolchains only if told so", async () => {
    const directory = makeModule("tool");
    const { toolchain } = await readRequest([], { toolchain: true }, directory, settings);
    expect(toolchain).toMatchObject({ setting: "auto", local: undefined });
  });
});

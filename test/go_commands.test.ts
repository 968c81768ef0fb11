import { cpSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Environment } from "./support/program.ts";
import { Sandbox } from "./support/sandbox.ts";

/** Real programs with real dependencies. */
const PROJECTS = [
  {
    name: "hello",
    source: new URL("../examples/hello", import.meta.url),
    needs: "rsc.io/quote",
    prints: "Hello From Modules",
  },
  {
    name: "larger",
    source: new URL("testdata/larger", import.meta.url),
    needs: "google.golang.org/protobuf",
    prints: "1 builds\n",
  },
] as const;

describe.each(PROJECTS)("over the mount, with GOPROXY=off, in the project $name", (project) => {
  let sandbox: Sandbox;
  let directory: string;
  let environment: Environment;

  beforeAll(async () => {
    sandbox = await Sandbox.create();
    directory = sandbox.path("project");
    cpSync(project.source, directory, { recursive: true });
    const mount = await sandbox.mount();
    environment = { GOMODCACHE: mount.directory, GOPROXY: "off", GOFLAGS: "-mod=readonly" };
  });

  afterAll(async () => {
    await sandbox[Symbol.asyncDispose]();
  });

  const go = async (...args: string[]): Promise<string> =>
    await sandbox.go(args, { directory, environment, timeout: 110_000 });

  it("go build", async () => {
    await go("build", "-o", sandbox.path("program"), ".");
    expect(await sandbox.run([sandbox.path("program")])).toContain(project.prints);
  });

  it("go build -mod=mod leaves go.mod and go.sum as they are", async () => {
    const before = await moduleFiles(directory);
    await go("build", "-mod=mod", "./...");
    expect(await moduleFiles(directory)).toEqual(before);
  });

  it("go vet", async () => {
    expect(await go("vet", "./...")).toBe("");
  });

  it("go test", async () => {
    expect(await go("test", "-count=1", "./...")).toMatch(/^(ok|\?) /);
  });

  it("go list of the dependency's own packages with their tests", async () => {
    expect(await go("list", "-deps", "-test", `${project.needs}/...`)).toContain(project.needs);
  });

  it("go mod download", async () => {
    expect(await go("mod", "download")).toBe("");
    expect(await go("mod", "download", "-json", "all")).not.toContain('"Error"');
  });

  it("go mod verify", async () => {
    expect(await go("mod", "verify")).toBe("all modules verified\n");
  });

  it("go list -m all", async () => {
    expect(await go("list", "-m", "all")).toMatch(new RegExp(`^${project.needs} v`, "m"));
  });

  it("go list -m -json says where the modules are", async () => {
    const mounted = environment["GOMODCACHE"];
    expect(await go("list", "-m", "-f", "{{.Dir}}", project.needs)).toContain(
      `${mounted}/${project.needs}@v`,
    );
  });

  it("go mod graph", async () => {
    expect(await go("mod", "graph")).toContain(` ${project.needs}@v`);
  });

  it("go mod why", async () => {
    expect(await go("mod", "why", "-m", project.needs)).toContain(`# ${project.needs}\n`);
  });

  it("go mod tidy has nothing to change", async () => {
    // go mod download, above, adds to go.sum what tidy takes out again.
    const copy = sandbox.path("tidy");
    cpSync(project.source, copy, { recursive: true });
    await sandbox.go(["mod", "tidy"], { directory: copy, environment });
    expect(await moduleFiles(copy)).toEqual(await moduleFiles(project.source.pathname));
  });

  it("go mod vendor copies what the packages need", async () => {
    const copy = sandbox.path("vendored");
    cpSync(directory, copy, { recursive: true });
    const options = { directory: copy, environment, timeout: 110_000 };
    await sandbox.go(["mod", "vendor"], options);
    const list = ["list", "-mod=vendor", "-deps", "-f", "{{.Dir}}", "./..."];
    expect(await sandbox.go(list, options)).toContain(`${copy}/vendor/${project.needs}`);
  });

  it("go work with two modules", async () => {
    const other = sandbox.makeDirectory("other");
    await writeFile(join(other, "go.mod"), "module example.com/other\n\ngo 1.21\n");
    await writeFile(join(other, "other.go"), "package other\n");
    await sandbox.go(["work", "init", directory, other], {
      directory: sandbox.path(),
      environment,
    });
    const workspace = { directory: sandbox.path(), environment: { ...environment, GOFLAGS: "" } };
    const list = ["list", "-deps", "./project/...", "./other/..."];
    expect(await sandbox.go(list, workspace)).toMatch(/^example\.com\/other$/m);
  });
});

async function moduleFiles(directory: string): Promise<readonly string[]> {
  return await Promise.all(
    ["go.mod", "go.sum"].map(async (name) => await readFile(join(directory, name), "utf8")),
  );
}

import { cpSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { copyProject, HELLO, LARGER, prefetchSuccessfully } from "./support/prefetch.ts";
import type { Environment } from "./support/program.ts";
import { Sandbox } from "./support/sandbox.ts";

describe.each([
  { name: "hello", source: HELLO, needs: "rsc.io/quote" },
  { name: "larger", source: LARGER, needs: "google.golang.org/protobuf" },
])("after a prefetch, with GOPROXY=off, in the project $name", ({ source, needs }) => {
  let sandbox: Sandbox;
  let directory: string;
  const environment: Environment = { GOPROXY: "off", GOFLAGS: "-mod=readonly" };

  beforeAll(async () => {
    sandbox = await Sandbox.create();
    directory = copyProject(sandbox, source);
    await prefetchSuccessfully(sandbox, directory);
  });

  afterAll(async () => {
    await sandbox[Symbol.asyncDispose]();
  });

  const go = async (...args: string[]): Promise<string> =>
    await sandbox.go(args, { directory, environment, timeout: 110_000 });

  it("go build", async () => {
    expect(await go("build", "-trimpath", "./...")).toBe("");
  });

  it("go vet", async () => {
    expect(await go("vet", "-trimpath", "./...")).toBe("");
  });

  it("go mod download", async () => {
    expect(await go("mod", "download")).toBe("");
  });

  it("go mod verify", async () => {
    expect(await go("mod", "verify")).toBe("all modules verified\n");
  });

  it("go list -m all", async () => {
    expect(await go("list", "-m", "all")).toMatch(new RegExp(`^${needs} v`, "m"));
  });

  it("go mod graph", async () => {
    expect(await go("mod", "graph")).toContain(` ${needs}@v`);
  });

  it("with --all also go mod tidy has nothing to ask for", async () => {
    await prefetchSuccessfully(sandbox, directory, "--all");
    const copy = sandbox.path("tidy");
    cpSync(source, copy, { recursive: true });
    const options = { directory: copy, environment, timeout: 110_000 };
    expect(await sandbox.go(["mod", "tidy", "-diff"], options)).toBe("");
    expect(await sandbox.go(["list", "-deps", "-test", `${needs}/...`], options)).toContain(needs);
    expect(await readFile(join(copy, "go.sum"), "utf8")).toBe(
      await readFile(new URL(`${source.href}/go.sum`), "utf8"),
    );
  });
});

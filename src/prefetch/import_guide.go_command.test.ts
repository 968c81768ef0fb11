import { globSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { moduleDirectory } from "../../test/support/modules.ts";
import { Sandbox } from "../../test/support/sandbox.ts";
import { BuildContext } from "../module/build_context.ts";
import { parseGoMod } from "../module/go_mod.ts";
import { ImportCollector } from "../module/import_collector.ts";
import { formatModuleVersion, type ModuleVersion } from "../module/module_version.ts";
import { parseModuleVersion } from "../module/path.ts";
import { importsOfPackages } from "../project/package_imports.ts";
import { ImportGuide } from "./import_guide.ts";

const MAIN = parseModuleVersion("github.com/ethereum/go-ethereum", "v1.16.7");
const PATTERN = "./cmd/geth";
/** The system that the modules below were counted for. */
const LIST_ENVIRONMENT = {
  GOFLAGS: "-mod=readonly",
  GOOS: "linux",
  GOARCH: "amd64",
  CGO_ENABLED: "1",
};

let sandbox: Sandbox;
let main: string;
let goMinor: number;

beforeAll(async () => {
  sandbox = await Sandbox.create();
  await sandbox.go(["mod", "download", formatModuleVersion(MAIN)]);
  main = join(sandbox.modcache, moduleDirectory(MAIN));
  goMinor = Number((await sandbox.go(["env", "GOVERSION"])).split(".")[1]);
});

afterAll(async () => await sandbox[Symbol.asyncDispose]());

/** A package as `go list` tells it, outside of the standard library. */
interface ListedPackage {
  /** Absolute. */
  readonly Dir: string;
  readonly Imports?: readonly string[];
  readonly Module?: { readonly Dir: string };
}

async function goList(cgoEnabled: boolean): Promise<ListedPackage[]> {
  const args = ["list", "-deps", "-json=Dir,Imports,Module", PATTERN];
  const output = await sandbox.go(args, {
    directory: main,
    environment: { ...LIST_ENVIRONMENT, CGO_ENABLED: cgoEnabled ? "1" : "0" },
    timeout: 240_000,
  });
  // One object after the other; only the braces of whole objects stand alone on their lines.
  const packages: unknown = JSON.parse(`[${output.replaceAll("\n}\n{", "\n},\n{")}]`);
  if (!Array.isArray(packages) || !packages.every(isListedPackage)) throw new Error(output);
  return packages.filter((listed) => listed.Module !== undefined);
}

function isListedPackage(value: unknown): value is ListedPackage {
  return (
    value instanceof Object &&
    "Dir" in value &&
    typeof value.Dir === "string" &&
    (!("Imports" in value) || Array.isArray(value.Imports)) &&
    (!("Module" in value) || (value.Module instanceof Object && "Dir" in value.Module))
  );
}

function contextOf(cgoEnabled: boolean): BuildContext {
  return new BuildContext({ goos: "linux", goarch: "amd64", cgoEnabled, tags: [], goMinor });
}

function packagesOf(directory: string, context: BuildContext): Map<string, string[]> {
  const collector = new ImportCollector(context);
  for (const path of globSync("**/*.go", { cwd: directory })) {
    if (collector.wants(path)) collector.add(path, readFileSync(join(directory, path)));
  }
  return collector.packages();
}

function importsOfMain(pattern: string, context: BuildContext, tests: boolean): Set<string> {
  return importsOfPackages({
    mainModules: [{ path: MAIN.path, directory: main }],
    replacements: [],
    patterns: { directory: main, patterns: [pattern] },
    context,
    tests,
  });
}

/** The modules that following imports leads to, one after the other. */
function guided(imports: Iterable<string>, context: BuildContext): ModuleVersion[] {
  const { require } = parseGoMod(readFileSync(join(main, "go.mod"), "utf8"), "go.mod");
  const required = require.map(({ path, version }) => parseModuleVersion(path, version));
  const guide = new ImportGuide(new Map(required.map((id) => [id.path, id])), [MAIN.path]);
  const needed = guide.start(imports);
  for (const id of needed) {
    const packages = packagesOf(join(sandbox.modcache, moduleDirectory(id)), context);
    needed.push(...guide.add(id, packages));
  }
  return needed;
}

function zipsOf(paths: Iterable<string>): Set<string> {
  return new Set(Array.from(paths).filter((path) => path.endsWith(".zip")));
}

function zipPath(id: ModuleVersion): string {
  return `/${moduleDirectory(id).replace(/@([^@]*)$/, "/@v/$1.zip")}`;
}

describe("go list -deps of a large project", { timeout: 300_000 }, () => {
  // Each needs all that the one before needs, so that what has been asked for so far is what it asks for.
  it.each([
    { pattern: PATTERN, tests: false, modules: 103 },
    { pattern: "./...", tests: false, modules: 126 },
    { pattern: "./...", tests: true, modules: 133 },
  ])("asks for the zips that imports lead to, no others: $modules", async (selection) => {
    const { pattern, tests, modules } = selection;
    await sandbox.go(["list", "-deps", ...(tests ? ["-test"] : []), pattern], {
      directory: main,
      environment: LIST_ENVIRONMENT,
      timeout: 240_000,
    });
    const asked = zipsOf(sandbox.proxy.requests.keys());
    asked.delete(zipPath(MAIN));
    const context = contextOf(true);
    const told = guided(importsOfMain(pattern, context, tests), context).map(zipPath);
    expect(told.toSorted()).toEqual([...asked].sort());
    expect(told).toHaveLength(modules);
  });

  it.each([true, false])("finds the same imports of each package, cgo: %s", async (cgoEnabled) => {
    const listed = await goList(cgoEnabled);
    expect(listed.length).toBeGreaterThan(300);
    const context = contextOf(cgoEnabled);
    const modules = Map.groupBy(listed, (one) => one.Module?.Dir ?? "");
    for (const [root, packages] of modules) {
      const found = packagesOf(root, context);
      for (const { Dir, Imports = [] } of packages) {
        const imports = found.get(relative(root, Dir)) ?? [];
        expect({ Dir, imports: imports.toSorted() }).toEqual({ Dir, imports: Imports.toSorted() });
      }
    }
  });

  it("finds the imports that leave the main module", async () => {
    const listed = await goList(true);
    const ofMain = listed.filter((one) => one.Module?.Dir === main);
    const imports = new Set(ofMain.flatMap((one) => one.Imports ?? []));
    const outside = [...imports].filter((path) => !`${path}/`.startsWith(`${MAIN.path}/`));
    const found = importsOfMain(PATTERN, contextOf(true), false);
    expect([...found].sort()).toEqual(outside.sort());
  });
});

import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseModuleVersion } from "../src/module/path.ts";
import { madeUpModule, modulePrefix, versionPath } from "../test/support/made_up_module.ts";
import { type Environment, runSuccessfully } from "../test/support/program.ts";
import { Bench } from "./bench.ts";

/** A program, and what the environment must say for its modules to be found. */
export interface GeneratedProject {
  readonly directory: string;
  readonly variables: Environment;
}

/** Each module requires so many of those after it, so that there is a graph to be read. */
const REQUIREMENTS = 5;

/** A program that imports so many small modules, with its go.sum, made once and kept between runs. Not to be written. */
export async function generatedProject(bench: Bench, modules: number): Promise<GeneratedProject> {
  const root = Bench.cached(`project-of-${modules}`);
  if (existsSync(root)) return projectIn(root);
  const partial = `${root}.partial`;
  await rm(partial, { recursive: true, force: true });
  const paths = Array.from({ length: modules }, (_, number) => `example.com/module${number}`);
  for (const [number, path] of paths.entries()) {
    const required = paths.slice(number + 1, number + 1 + REQUIREMENTS);
    await publish(join(partial, "proxy"), path, required);
  }
  const { directory, variables } = projectIn(partial);
  await mkdir(directory);
  await writeFile(join(directory, "go.mod"), goMod("example.com/main", paths));
  const imports = paths.map((path) => `import _ "${path}"\n`).join("");
  await writeFile(join(directory, "main.go"), `package main\n\n${imports}\nfunc main() {}\n`);
  const { environment } = bench.newHome();
  const options = { directory, environment: { ...environment, ...variables }, timeout: 600_000 };
  await runSuccessfully(["go", "mod", "tidy"], options);
  await rename(partial, root);
  return projectIn(root);
}

function projectIn(root: string): GeneratedProject {
  return {
    directory: join(root, "main"),
    variables: { GOPROXY: pathToFileURL(join(root, "proxy")).href, GONOSUMDB: "example.com" },
  };
}

const VERSION = "v1.0.0";

/** Writes what a GOPROXY answers about a module. */
async function publish(proxy: string, path: string, required: readonly string[]): Promise<void> {
  const id = parseModuleVersion(path, VERSION);
  const made = madeUpModule(id, {
    "go.mod": goMod(path, required),
    "module.go": "package module\n",
    LICENSE: "Nobody needs a licence for this.\n",
  });
  const base = join(proxy, versionPath(id));
  await mkdir(dirname(base), { recursive: true });
  await writeFile(`${base}.info`, made.info);
  await writeFile(`${base}.mod`, made.goMod);
  await writeFile(`${base}.zip`, made.zip);
  await writeFile(join(proxy, modulePrefix(id.path), "@v/list"), `${VERSION}\n`);
}

function goMod(path: string, required: readonly string[]): string {
  const lines = required.map((name) => `require ${name} ${VERSION}\n`).join("");
  return `module ${path}\n\ngo 1.21\n\n${lines}`;
}

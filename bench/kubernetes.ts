import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseGoMod } from "../src/module/go_mod.ts";
import { runSuccessfully } from "../test/support/program.ts";
import type { Bench } from "./bench.ts";
import type { Home } from "./home.ts";
import { moduleSources } from "./module_sources.ts";

const MODULE = "k8s.io/kubernetes@v1.34.2";

/** The version under which the staging modules are published that kubernetes has in its own repository. */
const STAGING_VERSION = "v0.34.2";

/** Sources of kubernetes as a program whose modules all come from a proxy, with the go.sum of `go mod tidy`. */
export async function kubernetesSources(bench: Bench): Promise<string> {
  return await moduleSources(bench, MODULE, requirePublishedModules);
}

/** A module zip has neither the staging modules that go.mod points at, nor vendored packages; go.work is about both. */
async function requirePublishedModules(directory: string, home: Home): Promise<void> {
  for (const name of ["go.work", "go.work.sum", "vendor"]) {
    rmSync(join(directory, name), { recursive: true, force: true });
  }
  const options = { directory, environment: home.environment, timeout: 20 * 60_000 };
  const goMod = readFileSync(join(directory, "go.mod"), "utf8");
  const edits = stagingModules(goMod).flatMap((path) => [
    `-dropreplace=${path}`,
    `-require=${path}@${STAGING_VERSION}`,
  ]);
  await runSuccessfully(["go", "mod", "edit", ...edits], options);
  await runSuccessfully(["go", "mod", "tidy"], options);
}

/** Paths of the modules that go.mod replaces by directories. */
function stagingModules(goMod: string): readonly string[] {
  const replacements = parseGoMod(goMod).replace.filter(({ by }) => by.kind === "directory");
  return replacements.map(({ path }) => path);
}

import { cpSync, existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { runSuccessfully } from "../test/support/program.ts";
import { Bench, type Home } from "./bench.ts";

const MODULE = "github.com/ethereum/go-ethereum@v1.16.7";

/** What the workloads list or build, as arguments of the go command. */
export const LIST_GETH = ["go", "list", "-deps", "./cmd/geth"] as const;

/** A writable copy of go-ethereum's sources with its go.sum: a program with 83 modules to list and build. */
export async function gethSources(bench: Bench): Promise<string> {
  const directory = Bench.cached(MODULE.replaceAll("/", "+"));
  if (existsSync(directory)) return directory;
  const { environment, modcache } = bench.newHome();
  await runSuccessfully(["go", "mod", "download", MODULE], { environment, timeout: 600_000 });
  const partial = `${directory}.partial`;
  cpSync(join(modcache, MODULE), partial, { recursive: true, force: true });
  await runSuccessfully(["chmod", "-R", "u+w", partial]);
  renameSync(partial, directory);
  return directory;
}

/**
 * A home in which Go has been used, but never for a module: the standard library is indexed in its build cache.
 * Measurements begin with a copy of it.
 */
export async function templateHome(bench: Bench): Promise<Home> {
  const home = bench.newHome();
  await runSuccessfully(["go", "list", "std"], { environment: home.environment });
  return home;
}

/** A home like `template`, with nothing in its GOMODCACHE and its store. */
export function copyHome(bench: Bench, template: Home): Home {
  const home = bench.newHome();
  cpSync(template.directory, home.directory, { recursive: true });
  return home;
}

/** Lists once into an ordinary GOMODCACHE, so that the proxy has all answers and keeps them in memory. */
export async function warmProxy(bench: Bench, sources: string): Promise<Home> {
  const home = bench.newHome();
  await runSuccessfully(LIST_GETH, {
    directory: sources,
    environment: home.environment,
    timeout: 600_000,
  });
  return home;
}

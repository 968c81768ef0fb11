import { runSuccessfully } from "../test/support/program.ts";
import type { Bench } from "./bench.ts";
import type { Home } from "./home.ts";
import { moduleSources } from "./module_sources.ts";

const MODULE = "github.com/ethereum/go-ethereum@v1.16.7";

/** What the workloads list, as arguments of the go command. */
export const LIST_GETH = ["go", "list", "-deps", "./cmd/geth"] as const;

/** What the workloads build. */
export const BUILD_GETH = ["go", "build", "-o", "/dev/null", "./cmd/geth"] as const;

/** A writable copy of go-ethereum's sources with its go.sum: a program with 83 modules to list and build. */
export async function gethSources(bench: Bench): Promise<string> {
  return await moduleSources(bench, MODULE);
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

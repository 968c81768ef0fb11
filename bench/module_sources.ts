import { cpSync, existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { runSuccessfully } from "../test/support/program.ts";
import { Bench } from "./bench.ts";
import type { Home } from "./home.ts";

/** Makes a program that can be worked on of a writable copy of a module. */
export type Adapt = (directory: string, home: Home) => Promise<void>;

/**
 * A writable copy of a module's sources, made once and kept between runs.
 *
 * @param module MODULE@VERSION, without upper case letters
 * @param adapt changes the copy, if anything is to be changed
 */
export async function moduleSources(bench: Bench, module: string, adapt?: Adapt): Promise<string> {
  const directory = Bench.cached(module.replaceAll("/", "+"));
  if (existsSync(directory)) return directory;
  const home = bench.newHome();
  const { environment, modcache } = home;
  await runSuccessfully(["go", "mod", "download", module], { environment, timeout: 600_000 });
  const partial = `${directory}.partial`;
  cpSync(join(modcache, module), partial, { recursive: true, force: true });
  await runSuccessfully(["chmod", "-R", "u+w", partial]);
  await adapt?.(partial, home);
  renameSync(partial, directory);
  return directory;
}

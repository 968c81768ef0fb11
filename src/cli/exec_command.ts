import { resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { exitCode } from "../exec/child_command.ts";
import type { ExecRequest } from "../exec/exec_request.ts";
import { execute } from "../exec/execute.ts";
import { goDirectory } from "../exec/go_directory.ts";
import { goPackages } from "../exec/go_packages.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { buildSettings } from "../module/build_context.ts";
import { findBuildImports } from "../project/build_imports.ts";
import { findGoSums, findRequirements, isVendored } from "../project/dependency_search.ts";
import { localGoVersion } from "../project/local_toolchain.ts";
import type { GoSettings } from "../upstream/go_settings.ts";
import type { ExecFlags } from "./flags.ts";
import { readSessionSettings } from "./session_settings.ts";

/** `gomodfs exec`: exits as the command does. */
export async function runExec(command: readonly string[], flags: ExecFlags): Promise<number> {
  const [name, ...args] = command;
  if (name === undefined) throw new GomodfsError("USAGE", "no command is given");
  const environment = process.env;
  const { location, settings, proxy, log } = readSessionSettings(flags, environment, "warn");
  const directory = resolve(flags.directory);
  const status = await execute({
    argv: [name, ...args],
    directory,
    environment,
    location,
    settings,
    proxy,
    log,
    ...(await findDependencies([name, ...args], directory, settings)),
  });
  if (status.kind === "not-started") process.stderr.write(`gomodfs: ${status.message}\n`);
  if (status.kind === "signalled") await endBy(status.signal);
  return exitCode(status);
}

async function findDependencies(
  argv: [string, ...string[]],
  directory: string,
  settings: GoSettings,
): Promise<Pick<ExecRequest, "sums" | "required" | "build" | "imports">> {
  const search = { directory: goDirectory(argv, directory), settings };
  if (await isVendored(search)) return { sums: [], required: [] };
  const { tags, ...packages } = goPackages(argv, settings.GOFLAGS);
  const build = buildSettings(process.env, tags, goMinor(settings));
  const imports = await findBuildImports({ ...search, ...packages, build });
  return {
    sums: await findGoSums(search),
    required: await findRequirements(search),
    ...(imports === undefined ? {} : { build, imports }),
  };
}

/** N of the installed Go 1.N; one of all releases to come where that is not known, so that no file is passed over. */
function goMinor({ GOROOT }: GoSettings): number {
  const [, minor] = localGoVersion(GOROOT)?.split(".") ?? [];
  return minor === undefined ? Number.POSITIVE_INFINITY : Number.parseInt(minor, 10);
}

/** Ends as the command ended, so that a shell sees an interrupted loop as one. */
async function endBy(signal: NodeJS.Signals): Promise<void> {
  if (!ENDING_SIGNALS.has(signal)) return;
  process.kill(process.pid, signal);
  await setTimeout(SIGNAL_MILLISECONDS);
}

/** Those that leave no core file behind. */
const ENDING_SIGNALS: ReadonlySet<NodeJS.Signals> = new Set([
  "SIGINT",
  "SIGTERM",
  "SIGHUP",
  "SIGKILL",
  "SIGPIPE",
]);
const SIGNAL_MILLISECONDS = 1_000;

import { resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { exitCode } from "../exec/child_command.ts";
import type { ExecRequest } from "../exec/exec_request.ts";
import { execute } from "../exec/execute.ts";
import { goDirectory } from "../exec/go_directory.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { findGoSums, findRequirements, isVendored } from "../project/dependency_search.ts";
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
): Promise<Pick<ExecRequest, "sums" | "required">> {
  const search = { directory: goDirectory(argv, directory), settings };
  if (await isVendored(search)) return { sums: [], required: [] };
  return { sums: await findGoSums(search), required: await findRequirements(search) };
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

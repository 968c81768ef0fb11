import { resolve } from "node:path";
import { exitCode } from "../exec/child_command.ts";
import { execute } from "../exec/execute.ts";
import { findGoSums } from "../exec/go_sums.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { ExecFlags } from "./program.ts";
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
    sums: await findGoSums({ directory, settings }),
  });
  if (status.kind === "not-started") process.stderr.write(`gomodfs: ${status.message}\n`);
  return exitCode(status);
}

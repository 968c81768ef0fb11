import { spawn } from "node:child_process";
import type { GoSettings } from "../upstream/go_settings.ts";
import type { Command } from "./child_command.ts";

/**
 * Fills the ordinary GOMODCACHE with what the project needs, by the go command itself. Where that fails, it says why on
 * standard error, and the command that follows meets the same cause.
 */
export async function fillModuleCache(command: Command, { goCommand }: GoSettings): Promise<void> {
  if (goCommand === undefined) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const child = spawn(goCommand, ["mod", "download"], {
    cwd: command.directory,
    env: { ...command.environment },
    stdio: ["ignore", process.stderr, "inherit"],
  });
  child.once("close", () => resolve());
  child.once("error", () => resolve());
  await promise;
}

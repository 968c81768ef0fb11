import { join } from "node:path";
import { JsonFields } from "../../src/daemon/json_fields.ts";
import type { Sandbox } from "./sandbox.ts";

/**
 * Has git check every object, pack, index and ref of the store.
 *
 * @throws Error with what git found
 */
export async function checkRepository(sandbox: Sandbox, store = sandbox.store): Promise<void> {
  await sandbox.run(["git", "--git-dir", join(store, "git"), "fsck", "--strict", "--full"]);
}

/** What `gomodfs list` says is resident: `path@version`. */
export async function residentModules(sandbox: Sandbox): Promise<string[]> {
  const { status, stdout, stderr } = await sandbox.gomodfs(["list"]);
  if (status !== 0) throw new Error(`gomodfs list ended with ${status}: ${stderr}`);
  return stdout.split("\n").filter((line) => line !== "");
}

/** A failed fetch, as `gomodfs status --json` tells it. */
export interface ToldFailure {
  readonly what: string;
  readonly code: string;
  readonly reason: string;
}

/** The failures that `gomodfs status --json` tells of all daemons of the store. */
export async function toldFailures(sandbox: Sandbox): Promise<ToldFailure[]> {
  const { status, stdout, stderr } = await sandbox.gomodfs(["status", "--json"]);
  if (status !== 0) throw new Error(`gomodfs status ended with ${status}: ${stderr}`);
  const daemons = JsonFields.parse(stdout, "the status").objects("daemons");
  return daemons
    .flatMap((daemon) => daemon.objects("failures"))
    .map((failure) => ({
      what: failure.string("what"),
      code: failure.string("code"),
      reason: failure.string("reason"),
    }));
}

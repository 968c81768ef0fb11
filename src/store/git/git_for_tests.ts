import { execFileSync } from "node:child_process";
import { writeModuleZip } from "../../../test/support/hostile_zip.ts";
import type { ModuleVersion } from "../../module/module_version.ts";
import type { Files } from "../module_contents.ts";
import type { GitStore } from "./git_store.ts";

/** The environment in which tests run git: no configuration of the machine or of the user, a fixed identity. */
const ENVIRONMENT = {
  ...process.env,
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "test",
  GIT_AUTHOR_EMAIL: "test@example.com",
  GIT_COMMITTER_NAME: "test",
  GIT_COMMITTER_EMAIL: "test@example.com",
};

/** Runs the real git in a repository; what it prints. Throws with its message if it fails. */
export function git(
  directory: string,
  args: readonly string[],
  input?: string | Uint8Array,
): Buffer {
  return execFileSync("git", ["-C", directory, ...args], {
    env: ENVIRONMENT,
    input,
    stdio: ["pipe", "pipe", "pipe"],
    maxBuffer: 1 << 30,
  });
}

/** As {@linkcode git}, but text without the newline at its end. */
export function gitText(directory: string, args: readonly string[], input?: string): string {
  return git(directory, args, input).toString().trimEnd();
}

/** Has git check every object, pack and index. */
export function fsck(directory: string): void {
  git(directory, ["fsck", "--strict", "--full", "--no-dangling"]);
}

/** Puts a module of these files into a store. */
export async function putFiles(store: GitStore, id: ModuleVersion, files: Files): Promise<void> {
  await store.putModule(id, { kind: "memory", bytes: writeModuleZip(id, files) }, () => {});
}

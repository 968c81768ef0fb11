import type { Environment } from "../../go_installation.ts";
import type { GitRemote } from "./git_remote.ts";

/** The name under which git knows the remote. A named one keeps Git LFS from failing (golang.org/issue/25605). */
export const REMOTE_NAME = "origin";

/** One setting of git's configuration. */
export type GitSetting = readonly [key: string, value: string];

/**
 * What must not depend on the user's configuration. All else there holds: credential helpers, insteadOf, proxies and
 * certificates.
 */
const FIXED_SETTINGS: readonly GitSetting[] = [
  ["core.hooksPath", "/dev/null"],
  ["fetch.recurseSubmodules", "false"],
  ["fetch.prune", "false"],
  ["fetch.pruneTags", "false"],
  // Each fetch leaves one pack. They are put together when there are many, not in the background.
  ["fetch.unpackLimit", "1"],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
  ["log.showSignature", "false"],
  // Version 1 misses tags that point to the requested commit (golang.org/issue/56881).
  ["protocol.version", "2"],
  // Line endings as they are in the repository, on every system (cmd/go/internal/modfetch/codehost/git.go, `ReadZip`).
  ["core.autocrlf", "input"],
  ["core.eol", "lf"],
];

/** What `git rev-parse --local-env-vars` lists, except the configuration, and what else redirects git's work or output. */
const REMOVED_VARIABLES: ReadonlySet<string> = new Set([
  "GIT_ALTERNATE_OBJECT_DIRECTORIES",
  "GIT_CEILING_DIRECTORIES",
  "GIT_COMMON_DIR",
  "GIT_CONFIG",
  "GIT_CONFIG_PARAMETERS",
  "GIT_DEFAULT_HASH",
  "GIT_DEFAULT_REF_FORMAT",
  "GIT_DIR",
  "GIT_GLOB_PATHSPECS",
  "GIT_GRAFT_FILE",
  "GIT_ICASE_PATHSPECS",
  "GIT_IMPLICIT_WORK_TREE",
  "GIT_INDEX_FILE",
  "GIT_INTERNAL_SUPER_PREFIX",
  "GIT_NAMESPACE",
  "GIT_NOGLOB_PATHSPECS",
  "GIT_OBJECT_DIRECTORY",
  "GIT_PREFIX",
  "GIT_QUARANTINE_PATH",
  "GIT_REDIRECT_STDERR",
  "GIT_REDIRECT_STDIN",
  "GIT_REDIRECT_STDOUT",
  "GIT_REPLACE_REF_BASE",
  "GIT_SHALLOW_FILE",
  "GIT_TEMPLATE_DIR",
  "GIT_WORK_TREE",
  "LANGUAGE",
]);
/** Headers, and so credentials, may stand in traces. */
const TRACE_VARIABLE = /^GIT_(?:TRACE|CURL_VERBOSE)/;

/** What {@linkcode gitEnvironment} is made of. */
export interface GitEnvironmentOptions {
  /** The user's. */
  readonly base: Environment;
  /** Whether the user's own configuration says how to run ssh. */
  readonly hasSshCommand: boolean;
  /** Undefined if none is to be asked: git then cannot. */
  readonly remote: GitRemote | undefined;
}

/**
 * The environment of a git command whose repository is its working directory. Nobody can be asked, messages are in
 * English, and the remote is `origin`; its URL, which may hold credentials, is neither in arguments nor on disk.
 */
export function gitEnvironment({
  base,
  hasSshCommand,
  remote,
}: GitEnvironmentOptions): Environment {
  const kept = Object.entries(base).filter(([name]) => {
    return !REMOVED_VARIABLES.has(name) && !TRACE_VARIABLE.test(name);
  });
  const { GIT_SSH, GIT_SSH_COMMAND } = base;
  const runsSsh = hasSshCommand || GIT_SSH || GIT_SSH_COMMAND;
  return {
    // cmd/go/internal/modload/init.go, `Init`
    GCM_INTERACTIVE: "never",
    ...Object.fromEntries(kept),
    ...settingVariables(base, [
      ...FIXED_SETTINGS,
      ...(remote === undefined ? [] : [[`remote.${REMOTE_NAME}.url`, remote.url] as const]),
    ]),
    ...(!runsSsh && { GIT_SSH_COMMAND: "ssh -o ControlMaster=no -o BatchMode=yes" }),
    GIT_ALLOW_PROTOCOL: remote?.protocols.join(":") ?? "",
    // Relative: git goes on in the same repository if that is moved away.
    GIT_DIR: ".",
    GIT_LITERAL_PATHSPECS: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_TERMINAL_PROMPT: "0",
    SSH_ASKPASS_REQUIRE: "never",
    LC_ALL: "C",
  };
}

/** Settings as variables (git-config(1), ENVIRONMENT), after those that the user has there. */
function settingVariables(base: Environment, settings: readonly GitSetting[]): Environment {
  const count = base["GIT_CONFIG_COUNT"] ?? "";
  const first = /^\d{1,6}$/.test(count) ? Number(count) : 0;
  const variables: Record<string, string> = { GIT_CONFIG_COUNT: String(first + settings.length) };
  for (const [index, [key, value]] of settings.entries()) {
    variables[`GIT_CONFIG_KEY_${first + index}`] = key;
    variables[`GIT_CONFIG_VALUE_${first + index}`] = value;
  }
  return variables;
}

import { GomodfsError } from "../lib/gomodfs_error.ts";
import { redactUserinfo } from "../lib/redact_url.ts";
import { printableReason } from "../lib/server_reason.ts";
import type { ModulePath } from "../module/module_version.ts";
import { runBoundedCommand } from "./bounded_command.ts";
import type { Environment } from "./go_installation.ts";
import { type GoWorkspace, removeModuleTree } from "./go_workspace.ts";
import { accessHint } from "./vcs/git/git_error.ts";

/** What a {@linkcode GoCommand} is made of. */
export interface GoCommandOptions {
  /** The program: an absolute path. */
  readonly command: string;
  /** Go's and git's settings, and where credentials are. */
  readonly environment: Environment;
  /** Milliseconds for one run; ten minutes unless given: a first clone takes its time. */
  readonly timeout?: number;
}

/** Fields of the object that a go command printed. */
export type GoOutput = Readonly<Record<string, unknown>>;

/** Bytes: room for a hundred thousand versions and more. */
const maxOutput = 16 << 20;

/** The installed go command, asking version control about one module at a time. */
export class GoCommand {
  readonly #options: GoCommandOptions;

  constructor(options: GoCommandOptions) {
    this.#options = options;
  }

  /**
   * Runs it with `-json` among `args`, and gives what it printed. What failed may be in the field `Error`.
   *
   * @throws GomodfsError `NOT_FOUND` or `UPSTREAM` with what it says if it printed no object, `TIMEOUT`, `TOO_LARGE`,
   *   `CANCELLED`, `STORE`
   */
  async run(
    args: readonly string[],
    path: ModulePath,
    workspace: GoWorkspace,
    signal: AbortSignal,
  ): Promise<GoOutput> {
    const directory = await workspace.makeMainModule();
    try {
      const { status, stdout, stderr } = await runBoundedCommand({
        name: `go ${args.join(" ")}`,
        argv: [this.#options.command, ...args],
        directory,
        environment: this.#environment(path, directory, workspace),
        maxOutput,
        timeout: this.#options.timeout ?? 600_000,
        signal,
      });
      const output = parseObject(stdout.toString());
      if (output === undefined) throw goError(args, stderr || `ended with ${status}`, workspace);
      return output;
    } finally {
      await removeModuleTree(directory);
    }
  }

  /** Credentials, GOPRIVATE, GOINSECURE, GOVCS, GOTOOLCHAIN and git's variables stay as they are. */
  #environment(path: ModulePath, directory: string, workspace: GoWorkspace): Environment {
    return {
      ...this.#options.environment,
      PWD: directory,
      GO111MODULE: "on",
      GOWORK: "off",
      GOPROXY: "direct",
      // Verified later, as all modules are. Not GOSUMDB=off: a newer toolchain could then not be had (`useSumDB`).
      GONOSUMDB: path,
      // Flags for the user's own module, -modfile for one, mean nothing here.
      GOFLAGS: "-modcacherw",
      GOMODCACHE: workspace.moduleCache,
      GIT_TERMINAL_PROMPT: "0",
    };
  }
}

/**
 * The error for what a go command says, with paths of the workspace as it would name them elsewhere.
 *
 * @param args of the run, for the message
 */
export function goError(
  args: readonly string[],
  text: string,
  workspace: GoWorkspace,
): GomodfsError {
  const neutral = redactUserinfo(text).replaceAll(workspace.moduleCache, "$GOMODCACHE");
  const reason = printableReason(neutral).replace(/^go: /, "");
  const message = `go ${args.join(" ")}: ${reason}`;
  if (absentTexts.some((pattern) => pattern.test(text))) {
    return new GomodfsError("NOT_FOUND", message);
  }
  const hint = accessHint(text);
  return new GomodfsError("UPSTREAM", message, {
    ...(hint !== undefined && { hint }),
  });
}

/** What cmd/go says of modules, versions and repositories that are not there (modfetch/coderepo.go, vcs/vcs.go). */
const absentTexts: readonly RegExp[] = [
  /unknown revision/,
  /no matching versions for query/,
  /no go-import meta tags/,
  /reading http\S+: 4(04|10) /,
  /repository .*not found/i,
];

function parseObject(text: string): GoOutput | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isObject(parsed) ? parsed : undefined;
}

function isObject(value: unknown): value is GoOutput {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

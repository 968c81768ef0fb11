import { tmpdir } from "node:os";
import { GomodfsError } from "../../../lib/gomodfs_error.ts";
import { RequestQueue } from "../../../lib/request_queue.ts";
import { type CommandOutcome, runBoundedCommand } from "../../bounded_command.ts";
import type { Environment } from "../../go_installation.ts";
import { gitEnvironment } from "./git_environment.ts";
import type { GitRemote } from "./git_remote.ts";

/** What a {@linkcode Git} is made of. */
export interface GitOptions {
  /** The user's: git's settings, proxies, and where credentials are. */
  readonly environment: Environment;
  /** Milliseconds for one command; ten minutes unless given: a first clone takes its time. */
  readonly timeout?: number | undefined;
  /** Commands at once that ask remotes, and as many that do not; four unless given. */
  readonly processes?: number | undefined;
}

/** One command of git's. */
export interface GitRun {
  /** Its name and arguments; messages show the name only. */
  readonly args: readonly [string, ...string[]];
  /** The working directory: the bare repository, or an empty directory. */
  readonly directory: string;
  /** The remote that it asks as `origin`; undefined if it asks none. */
  readonly remote?: GitRemote | undefined;
  /** Bytes of standard output; 64 KiB unless given. */
  readonly maxOutput?: number;
  /** An open file for its standard output. */
  readonly outputFile?: number;
  /** Milliseconds, if fewer than for others. */
  readonly timeout?: number;
  readonly signal?: AbortSignal | undefined;
}

interface Installation {
  readonly hasSshCommand: boolean;
}

const DEFAULT_TIMEOUT = 600_000;
const DEFAULT_PROCESSES = 4;
/** Bytes. */
const DEFAULT_MAX_OUTPUT = 64 << 10;
/** Milliseconds; Windows may look for viruses first. */
const PROBE_TIMEOUT = 20_000;
/** The first with GIT_CONFIG_COUNT. */
const MIN_VERSION = [2, 31] as const;

/** The installed git, with bounds on its runs. */
export class Git {
  readonly #environment: Environment;
  readonly #timeout: number;
  readonly #remoteQueue: RequestQueue;
  readonly #localQueue: RequestQueue;
  readonly #running = new Set<Promise<unknown>>();
  #installation: Promise<Installation> | undefined;

  constructor({ environment, timeout, processes = DEFAULT_PROCESSES }: GitOptions) {
    this.#environment = environment;
    this.#timeout = timeout ?? DEFAULT_TIMEOUT;
    // What is on this machine is not to wait for clones.
    this.#remoteQueue = new RequestQueue({ slots: processes });
    this.#localQueue = new RequestQueue({ slots: processes });
  }

  /** The user's `GIT_ALLOW_PROTOCOL`. */
  get allowedProtocols(): string | undefined {
    return this.#environment["GIT_ALLOW_PROTOCOL"];
  }

  /** Milliseconds for one command. */
  get timeout(): number {
    return this.#timeout;
  }

  /**
   * Runs a command when its turn has come, however it ends.
   *
   * @throws GomodfsError `UNSUPPORTED` without a git that is new enough, `TIMEOUT`, `TOO_LARGE` for its output,
   *   `CANCELLED`
   */
  async run(run: GitRun): Promise<CommandOutcome> {
    const { hasSshCommand } = await this.#probe();
    const { args, directory, remote, signal } = run;
    const queue = remote === undefined ? this.#localQueue : this.#remoteQueue;
    const outcome = queue.run("demand", signal, async () => {
      return await runBoundedCommand({
        name: remote === undefined ? `git ${args[0]}` : `git ${args[0]} of ${remote.name}`,
        argv: ["git", ...args],
        directory,
        environment: gitEnvironment({ base: this.#environment, hasSshCommand, remote }),
        maxOutput: run.maxOutput ?? DEFAULT_MAX_OUTPUT,
        outputFile: run.outputFile,
        timeout: Math.min(run.timeout ?? this.#timeout, this.#timeout),
        signal,
      });
    });
    this.#running.add(outcome);
    try {
      return await outcome;
    } finally {
      this.#running.delete(outcome);
    }
  }

  /** Resolves when the commands that run now have ended. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  /** Once; again after a failure: somebody may install git. */
  async #probe(): Promise<Installation> {
    this.#installation ??= this.#examine();
    try {
      return await this.#installation;
    } catch (error) {
      this.#installation = undefined;
      throw error;
    }
  }

  async #examine(): Promise<Installation> {
    const version = await this.#runProbe(["version"]).catch((cause: unknown) => {
      throw new GomodfsError("UNSUPPORTED", "git cannot be run", {
        hint: "install git, and let it be on the PATH",
        cause,
      });
    });
    requireVersion(version.stdout.toString());
    // The variable would go before core.sshCommand.
    const { status } = await this.#runProbe(["config", "--get", "core.sshCommand"]);
    return { hasSshCommand: status === 0 };
  }

  async #runProbe(args: readonly string[]): Promise<CommandOutcome> {
    return await runBoundedCommand({
      name: `git ${args.join(" ")}`,
      argv: ["git", ...args],
      directory: tmpdir(),
      environment: this.#environment,
      maxOutput: DEFAULT_MAX_OUTPUT,
      timeout: PROBE_TIMEOUT,
    });
  }
}

/** codehost/git.go, `gitVersLineExtract`: `git version 2.39.5`, with anything after it. */
function requireVersion(text: string): void {
  const [, major, minor] = /git version\s+(\d+)\.(\d+)/.exec(text) ?? [];
  const isOlder =
    Number(major) < MIN_VERSION[0] ||
    (Number(major) === MIN_VERSION[0] && Number(minor) < MIN_VERSION[1]);
  // What has a version of another form is not older.
  if (major === undefined || !isOlder) return;
  throw new GomodfsError("UNSUPPORTED", `git ${major}.${minor} is too old`, {
    hint: `install git ${MIN_VERSION.join(".")} or later`,
  });
}

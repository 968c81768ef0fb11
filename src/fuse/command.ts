import { spawn } from "node:child_process";

/** How a command ended. */
export interface CommandResult {
  /** The exit status; undefined if a signal ended it, or it was given up. */
  readonly status: number | undefined;
  /** The first 64 KiB of what it wrote to stderr. */
  readonly stderr: string;
  /** Why the command could not be started at all: `ENOENT` if it is not installed. */
  readonly startError: Error | undefined;
}

/** What a command gets besides its arguments. */
export interface CommandOptions {
  /** Descriptors that it has from 3 on. */
  readonly descriptors?: readonly number[];
  /** Variables besides this process's own. */
  readonly environment?: Readonly<Record<string, string>>;
  /** After so many milliseconds it is given up: killed, but not waited for, since it may sleep in the kernel. */
  readonly timeout?: number;
}

const STDERR_LIMIT = 64 * 1024;

/** Runs a command without input, its messages in English. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ["ignore", "ignore", "pipe", ...(options.descriptors ?? [])],
      env: { ...process.env, LC_ALL: "C", ...options.environment },
    });
    let stderr = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr = (stderr + text).slice(0, STDERR_LIMIT);
    });
    const finish = (status: number | undefined, startError?: Error): void => {
      clearTimeout(timer);
      resolve({ status, stderr: stderr.trim(), startError });
    };
    const timer =
      options.timeout === undefined
        ? undefined
        : setTimeout(() => {
            child.kill("SIGKILL");
            child.stderr?.destroy();
            child.unref();
            finish(undefined);
          }, options.timeout);
    child.once("error", (error) => finish(undefined, error));
    child.once("close", (status) => finish(status ?? undefined));
  });
}

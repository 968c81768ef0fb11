import { spawn } from "node:child_process";

/** Environment variables of a program. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** How to run a program. */
export interface ProgramOptions {
  readonly directory?: string;
  /** The whole environment; this process's own if none is given. */
  readonly environment?: Environment;
  readonly input?: string;
  /** Milliseconds after which the program and all that it started are killed; a minute unless given. */
  readonly timeout?: number;
}

/** How a program ended. */
export interface ProgramResult {
  /** The exit code, or the name of the signal that ended it. */
  readonly status: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

const defaultTimeout = 60_000;

/**
 * Runs a program to its end. Never synchronously: the proxy that the program asks may live in this process.
 *
 * @throws Error if it cannot be started or takes too long
 */
export async function runProgram(
  argv: readonly [string, ...string[]],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  const [file, ...args] = argv;
  const { promise, resolve, reject } = Promise.withResolvers<ProgramResult>();
  const child = spawn(file, args, {
    cwd: options.directory,
    env: options.environment,
    // A process group of its own, so that a time-out ends the whole family.
    detached: true,
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
  });
  // A program that ends without reading its input is no error.
  child.stdin.on("error", () => {}).end(options.input ?? "");
  const { timeout = defaultTimeout } = options;
  const timer = setTimeout(() => {
    reject(new Error(`${argv.join(" ")} takes longer than ${timeout} ms\n${stdout}\n${stderr}`));
    if (child.pid !== undefined) killGroup(child.pid);
  }, timeout);
  child.once("error", reject);
  child.once("close", (code, signal) => {
    resolve({ status: code ?? signal ?? "SIGKILL", stdout, stderr });
  });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Runs a program that must succeed, and gives what it printed.
 *
 * @throws Error with all that it printed if it exits with another code than 0
 */
export async function runSuccessfully(
  argv: readonly [string, ...string[]],
  options: ProgramOptions = {},
): Promise<string> {
  const { status, stdout, stderr } = await runProgram(argv, options);
  if (status === 0) return stdout;
  throw new Error(`${argv.join(" ")} ended with ${status}\n${stdout}\n${stderr}`);
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

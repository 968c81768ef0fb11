import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { cancelled } from "../lib/request_queue.ts";
import type { Environment } from "./go_installation.ts";

/** A program to run without a terminal, and its bounds. */
export interface BoundedCommand {
  /** How messages call it; arguments may hold credentials, so not all of `argv`. */
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
  /** The working directory; this process's own unless given. */
  readonly directory?: string | undefined;
  readonly environment: Environment;
  /** Its standard input; empty unless given. */
  readonly input?: string;
  /** Bytes of standard output; more is an error. */
  readonly maxOutput: number;
  /** An open file that its standard output goes to instead, without a bound. */
  readonly outputFile?: number | undefined;
  /** Milliseconds after which it is ended. */
  readonly timeout: number;
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
}

/** How a program ended by itself. */
export interface CommandOutcome {
  /** The exit code, or the name of the signal that somebody ended it with. */
  readonly status: number | NodeJS.Signals;
  readonly stdout: Buffer;
  /** The beginning of what it said on standard error. */
  readonly stderr: string;
}

/** Bytes. */
const maxStandardError = 16 << 10;
/** Milliseconds between asking a process group to end and ending it. git removes its lock files when asked. */
const gracePeriod = 2_000;
/** Milliseconds that somebody whom the program left behind may keep its output open. */
const drainPeriod = 1_000;

/**
 * Runs a program in a session of its own, without a terminal that it could prompt on, to its end.
 *
 * @throws GomodfsError `UPSTREAM` if it cannot be started, `TIMEOUT`, `TOO_LARGE` for its output, or `CANCELLED`; it and
 *   all that it started in its process group have then ended
 */
export async function runBoundedCommand(command: BoundedCommand): Promise<CommandOutcome> {
  if (command.signal?.aborted) throw cancelled(command.signal);
  const [file, ...args] = command.argv;
  const child = spawn(file, args, {
    cwd: command.directory,
    env: command.environment,
    detached: true,
    windowsHide: true,
    stdio: ["pipe", command.outputFile ?? "pipe", "pipe"],
  });
  // A program that ends without reading its input is no error.
  child.stdin?.on("error", () => {}).end(command.input ?? "");
  using watch = new CommandWatch(child, command);
  const stdout: Buffer[] = [];
  let size = 0;
  child.stdout?.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > command.maxOutput) {
      const message = `${command.name} printed more than ${command.maxOutput} bytes`;
      watch.end(new GomodfsError("TOO_LARGE", message));
    } else {
      stdout.push(chunk);
    }
  });
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk.slice(0, maxStandardError - stderr.length);
  });
  const status = await endOf(child, command.name);
  if (watch.reason !== undefined) throw watch.reason;
  return { status, stdout: Buffer.concat(stdout), stderr };
}

/** Ends a program that takes too long or that nobody wants any longer, and remembers why it did. */
class CommandWatch implements Disposable {
  readonly #child: ChildProcess;
  readonly #signal: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout;
  #killTimer: NodeJS.Timeout | undefined;
  #reason: GomodfsError | undefined;

  constructor(child: ChildProcess, { name, timeout, signal }: BoundedCommand) {
    this.#child = child;
    this.#signal = signal;
    this.#timer = setTimeout(() => {
      this.end(new GomodfsError("TIMEOUT", `${name} did not end within ${timeout} ms`));
    }, timeout);
    signal?.addEventListener("abort", this.#abort);
  }

  /** Why the program was ended, if it was. */
  get reason(): GomodfsError | undefined {
    return this.#reason;
  }

  end(reason: GomodfsError): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    killGroup(this.#child, "SIGTERM");
    this.#killTimer = setTimeout(() => killGroup(this.#child, "SIGKILL"), gracePeriod);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#killTimer);
    this.#signal?.removeEventListener("abort", this.#abort);
  }

  readonly #abort = (): void => {
    this.end(cancelled(this.#signal));
  };
}

async function endOf(child: ChildProcess, name: string): Promise<number | NodeJS.Signals> {
  const exited = Promise.withResolvers<number | NodeJS.Signals>();
  const closed = Promise.withResolvers<void>();
  child.once("error", (cause) => {
    // "error" also reports a signal that could not be sent; then the program lives, and "exit" will come.
    if (child.pid !== undefined) return;
    exited.reject(new GomodfsError("UPSTREAM", `cannot run ${name}`, { cause }));
  });
  child.once("exit", (code, signal) => exited.resolve(code ?? signal ?? "SIGKILL"));
  child.once("close", closed.resolve);
  const status = await exited.promise;
  // A credential helper may leave a daemon behind that holds the pipes.
  await Promise.race([closed.promise, sleep(drainPeriod, undefined, { ref: false })]);
  child.stdout?.destroy();
  child.stderr?.destroy();
  return status;
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has ended meanwhile, or the platform knows no process groups.
    child.kill(signal);
  }
}

import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { statSync } from "node:fs";
import { constants } from "node:os";
import { findCommand } from "./command_lookup.ts";
import { inTerminalForeground, SignalForwarding } from "./signal_forwarding.ts";

/** The variables of an environment; undefined is "not set". */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A command that a person asked for. */
export interface Command {
  /** The name, as execvp(3) searches it, and the arguments. */
  readonly argv: readonly [string, ...string[]];
  /** The working directory, absolute. */
  readonly directory: string;
  readonly environment: Environment;
}

/** How a command ended. */
export type CommandStatus =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "signalled"; readonly signal: NodeJS.Signals }
  /** It never ran. `message` says why; the codes are a shell's: 127 not found, 126 found but cannot be executed. */
  | { readonly kind: "not-started"; readonly code: 126 | 127; readonly message: string };

/** The exit code that a shell would show: the command's own, or 128 and the number of the signal that ended it. */
export function exitCode(status: CommandStatus): number {
  if (status.kind !== "signalled") return status.code;
  return 128 + constants.signals[status.signal];
}

/**
 * Runs a command on this process's own stdin, stdout and stderr until it ends; signals go to it
 * ({@linkcode SignalForwarding}). Processes that it leaves behind are not waited for.
 */
export async function runCommand(command: Command): Promise<CommandStatus> {
  const refusal = refuseCommand(command);
  if (refusal !== undefined) return refusal;
  const [file, ...args] = command.argv;
  return superviseChild(() => spawnProgram(file, args, command, "inherit"));
}

/**
 * Why a command cannot be run, found out before anything is started for it.
 *
 * @returns undefined if nothing speaks against it
 */
export function refuseCommand(command: Command): CommandStatus | undefined {
  const [name] = command.argv;
  if (!isDirectory(command.directory)) {
    const message = `cannot run ${name}: ${command.directory} is not a directory`;
    return { kind: "not-started", code: 127, message };
  }
  const found = findCommand(name, command.environment["PATH"], command.directory);
  switch (found.kind) {
    case "found":
      return undefined;
    case "not-executable": {
      const message = `cannot run ${name}: ${found.file} is not an executable file`;
      return { kind: "not-started", code: 126, message };
    }
    case "missing": {
      const where = name.includes("/") ? "no such file" : "not found on the PATH";
      return { kind: "not-started", code: 127, message: `cannot run ${name}: ${where}` };
    }
  }
}

/** Spawns a program in the directory and the environment of `command`. */
export function spawnProgram(
  file: string,
  args: readonly string[],
  command: Pick<Command, "directory" | "environment">,
  stdio: StdioOptions,
): ChildProcess {
  const { directory: cwd, environment } = command;
  return spawn(file, args, { cwd, env: { ...environment, PWD: logicalDirectory(command) }, stdio });
}

/** Starts a child and waits until it ends, passing signals on. */
export async function superviseChild(start: () => ChildProcess): Promise<CommandStatus> {
  let child: ChildProcess | undefined;
  // Before the child: a signal that comes between the two must not end this process and leave the child alone.
  using _forwarding = new SignalForwarding(
    process,
    (signal) => child?.kill(signal),
    inTerminalForeground,
  );
  try {
    child = start();
    return await ended(child);
  } catch (error) {
    const status = startFailure(error);
    if (status === undefined) throw error;
    return status;
  }
}

function ended(child: ChildProcess): Promise<CommandStatus> {
  return new Promise((resolve, reject) => {
    child.once("error", (error) => {
      // "error" also reports a signal that could not be sent; then the child lives, and "exit" will come.
      if (child.pid === undefined) reject(error);
    });
    child.once("exit", (code, signal) => {
      if (signal !== null) resolve({ kind: "signalled", signal });
      else if (code !== null) resolve({ kind: "exited", code });
      else reject(new Error("a child ended with neither an exit code nor a signal"));
    });
  });
}

/** What an error of spawn(3) means in a shell's terms; undefined if the machine is at fault and not the command. */
function startFailure(error: unknown): CommandStatus | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  const name = "path" in error && typeof error.path === "string" ? error.path : "the command";
  switch (error.code) {
    case "ENOENT": {
      // The file itself was there a moment ago: what is missing is the interpreter that its first line names.
      const message = `cannot run ${name}: it, or the interpreter that it names, does not exist`;
      return { kind: "not-started", code: 127, message };
    }
    case "EACCES": {
      const message = `cannot run ${name}: permission denied`;
      return { kind: "not-started", code: 126, message };
    }
    case "E2BIG": {
      const message = `cannot run ${name}: the arguments and the environment are too long`;
      return { kind: "not-started", code: 126, message };
    }
    default:
      return undefined;
  }
}

/**
 * The PWD of a command: the one of its environment if it names the same directory (a shell keeps the symbolic links
 * that a person went through, and cmd/go's os.Getwd trusts it), otherwise the directory itself.
 */
function logicalDirectory(command: Pick<Command, "directory" | "environment">): string {
  const inherited = command.environment["PWD"];
  if (inherited === undefined || !inherited.startsWith("/")) return command.directory;
  const there = fileIdentity(inherited);
  return there !== undefined && there === fileIdentity(command.directory)
    ? inherited
    : command.directory;
}

function fileIdentity(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

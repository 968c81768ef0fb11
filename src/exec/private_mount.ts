import type { ChildProcess, StdioOptions } from "node:child_process";
import { mkdirSync } from "node:fs";
import { relative } from "node:path";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import {
  type Command,
  type CommandStatus,
  type Environment,
  spawnProgram,
  superviseChild,
} from "./child_command.ts";
import { findSystemProgram } from "./command_lookup.ts";
import { type Identity, mapIdentity, PRIVATE_MOUNTS, ROOT_IN_USER_NAMESPACE } from "./unshare.ts";

/** What to mount. */
export interface MountRequest {
  /** The arguments of mount(8), except for the mount point. */
  readonly arguments: readonly string[];
  /** The mount point, an absolute path; it is made if it is missing. */
  readonly target: string;
  /**
   * An open /dev/fuse, which mount(8) finds as descriptor {@linkcode DEVICE_DESCRIPTOR}. The command does not inherit it.
   */
  readonly device?: number;
}

/** A command that alone sees a mount. */
export interface PrivateMount {
  readonly mount: MountRequest;
  readonly command: Command;
  /** Whether a user namespace must be made for the privilege to mount. */
  readonly unprivileged: boolean;
  /** Whose ids the command gets back, when this process or `unprivileged` made a user namespace. */
  readonly identity?: Identity;
  /** Called when the mount is made, before anything looks into it, with the id of the process that becomes the command. */
  readonly onMounted?: (pid: number) => void;
}

/** The descriptor under which {@linkcode MountRequest.device} reaches mount(8). */
export const DEVICE_DESCRIPTOR = 3;

/** A bind mount of a directory, such as the mount point of a running daemon. */
export function bindMount(source: string, target: string): MountRequest {
  return { arguments: ["-i", "-o", "bind", source], target };
}

/**
 * Runs a command in a mount namespace of its own in which `mount` is made. No process stays between: the one that is
 * spawned unshares, mounts, and becomes the command, so its exit status and its signals are the command's own. The
 * mount goes when the last process of the namespace has ended, which may be after the command.
 *
 * @throws GomodfsError `UNSUPPORTED` if the mount could not be made; then the command was not started
 */
export async function runInPrivateMount(request: PrivateMount): Promise<CommandStatus> {
  makeMountPoint(request.mount.target);
  let diagnostics = Promise.resolve<Diagnostics>({ mounted: false, text: "" });
  const status = await superviseChild(() => {
    const child = spawnWrapper(request);
    diagnostics = readDiagnostics(child, request.onMounted);
    return child;
  });
  const { mounted, text } = await diagnostics;
  // A signal that came while it was being mounted: what was asked for is done.
  if (mounted || status.kind === "signalled") return status;
  const cause = text === "" ? `the mount namespace ended with ${describe(status)}` : text;
  throw new GomodfsError("UNSUPPORTED", `cannot mount on ${request.mount.target}: ${cause}`);
}

/*
 * $1 is a directory to go to, the rest the command. Descriptors: 2 is the pipe on which "mounted" and failures are
 * reported, 3 the device, 4 the real stderr. "mounted" comes before anything looks into the mount: it is not served yet.
 */
function wrapperScript(mountCommand: readonly string[]): string {
  return `
${mountCommand.map(quoteForShell).join(" ")} || exit
echo mounted >&2
[ -z "$1" ] || cd "$1" || exit
shift
exec 2>&4 3<&- 4>&-
exec "$@"`;
}
const MOUNTED_LINE = "mounted\n";

function spawnWrapper({ mount, command, unprivileged, identity }: PrivateMount): ChildProcess {
  const { environment } = command;
  const unshare = requireProgram("unshare", environment);
  const namespaces = [...(unprivileged ? ROOT_IN_USER_NAMESPACE : []), ...PRIVATE_MOUNTS];
  const regain = identity === undefined ? [] : [unshare, ...mapIdentity(identity), "--"];
  // A working directory under the mount point exists, in its new form, only once the mount is made.
  const covered = isInside(command.directory, mount.target);
  const mountCommand = [requireProgram("mount", environment), ...mount.arguments, mount.target];
  const args = [
    ...namespaces,
    "--",
    shellFor(environment),
    "-c",
    wrapperScript(mountCommand),
    "sh",
    covered ? command.directory : "",
    ...regain,
    ...command.argv,
  ];
  const stdio: StdioOptions = ["inherit", "inherit", "pipe", mount.device ?? "ignore", 2];
  const directory = covered ? "/" : command.directory;
  return spawnProgram(unshare, args, { directory, environment }, stdio);
}

interface Diagnostics {
  readonly mounted: boolean;
  /** What unshare, the shell and mount(8) had to say; at most {@linkcode MAX_DIAGNOSTIC_BYTES}. */
  readonly text: string;
}

const MAX_DIAGNOSTIC_BYTES = 64 * 1024;

/** Reads the wrapper's reports until the command starts, which closes its end of the pipe. */
function readDiagnostics(
  child: ChildProcess,
  onMounted: ((pid: number) => void) | undefined,
): Promise<Diagnostics> {
  const pipe = child.stderr;
  if (pipe === null) return Promise.resolve({ mounted: false, text: "" });
  let text = "";
  let mounted = false;
  pipe.setEncoding("utf8");
  pipe.on("data", (chunk: string) => {
    text = (text + chunk).slice(0, MAX_DIAGNOSTIC_BYTES);
    if (mounted || !text.includes(MOUNTED_LINE)) return;
    mounted = true;
    if (child.pid !== undefined) onMounted?.(child.pid);
  });
  return new Promise((resolve) => {
    pipe.once("close", () => {
      // What is said after that line is why the working directory cannot be entered.
      const started = text.endsWith(MOUNTED_LINE);
      resolve({
        mounted: started,
        text: text.replace(MOUNTED_LINE, "").trim().replaceAll("\n", "; "),
      });
    });
  });
}

function makeMountPoint(target: string): void {
  try {
    mkdirSync(target, { recursive: true });
  } catch (cause) {
    throw new GomodfsError("UNSUPPORTED", `cannot make the mount point ${target}`, { cause });
  }
}

/**
 * A shell that hands on the whole environment. dash, the usual sh, drops variables whose names are not identifiers
 * (`npm_config_//host/:_authToken`, bash's exported functions; measured with 0.5.12); bash keeps them.
 */
function shellFor(environment: Environment): string {
  const plain = Object.keys(environment).every((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
  const bash = plain ? undefined : findSystemProgram("bash", environment["PATH"]);
  return bash ?? requireProgram("sh", environment);
}

/** One word for sh, whatever it holds (POSIX Shell Command Language, 2.2.2). */
function quoteForShell(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function requireProgram(name: string, environment: Environment): string {
  const file = findSystemProgram(name, environment["PATH"]);
  if (file !== undefined) return file;
  throw new GomodfsError("UNSUPPORTED", `cannot mount for one command: ${name} is not installed`);
}

function isInside(path: string, directory: string): boolean {
  const rest = relative(directory, path);
  return rest !== ".." && !rest.startsWith("../");
}

function describe(status: CommandStatus): string {
  switch (status.kind) {
    case "exited":
      return `exit code ${status.code}`;
    case "signalled":
      return status.signal;
    case "not-started":
      return status.message;
  }
}

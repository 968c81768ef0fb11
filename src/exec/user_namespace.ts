import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { Environment } from "./child_command.ts";
import { findSystemProgram } from "./command_lookup.ts";
import { type Identity, PRIVATE_MOUNTS, ROOT_IN_USER_NAMESPACE } from "./unshare.ts";

/**
 * The variable that tells gomodfs that it runs in a user namespace of its own making, and whose ids the person has
 * outside: `UID:GID`.
 */
export const OUTER_IDENTITY_VARIABLE = "GOMODFS_OUTER_IDENTITY";

/** How a process turns into another program, as `process.execve` does: it returns only by throwing. */
export type Execve = (file: string, argv: readonly string[], environment: Environment) => void;

/**
 * Starts this program again, in this very process, as root of a new user namespace with a private mount namespace: the
 * kernel wants /dev/fuse opened and mounted in the same user namespace (fuse_get_tree in fs/fuse/inode.c). The process
 * id, the terminal, the open stdio and the signals stay what they are.
 *
 * @param argv the program and its arguments: `[process.execPath, ...process.execArgv, ...process.argv.slice(1)]`
 * @throws GomodfsError `UNSUPPORTED` if unshare(1) is missing or cannot be started
 */
export function reexecInUserNamespace(
  argv: readonly string[],
  environment: Environment,
  identity: Identity,
  execve: Execve = replaceProcess,
): void {
  const unshare = findSystemProgram("unshare", environment["PATH"]);
  if (unshare === undefined) {
    throw new GomodfsError(
      "UNSUPPORTED",
      "cannot make a user namespace: unshare is not installed",
      {
        hint: "install util-linux",
      },
    );
  }
  const args = ["unshare", ...ROOT_IN_USER_NAMESPACE, ...PRIVATE_MOUNTS, "--", ...argv];
  execve(unshare, args, {
    ...environment,
    [OUTER_IDENTITY_VARIABLE]: `${identity.uid}:${identity.gid}`,
  });
}

/** An environment, and whose it is. */
export interface OuterIdentity {
  /** The person's ids outside; undefined if this process is not in a user namespace that gomodfs made. */
  readonly identity: Identity | undefined;
  /** The environment without {@linkcode OUTER_IDENTITY_VARIABLE}: what the command gets. */
  readonly environment: Environment;
}

/** Takes the mark of {@linkcode reexecInUserNamespace} out of an environment. */
export function takeOuterIdentity(environment: Environment): OuterIdentity {
  const { [OUTER_IDENTITY_VARIABLE]: mark, ...rest } = environment;
  return { identity: mark === undefined ? undefined : parseIdentity(mark), environment: rest };
}

function parseIdentity(mark: string): Identity {
  const match = /^([0-9]{1,10}):([0-9]{1,10})$/.exec(mark);
  if (match === null) {
    throw new GomodfsError("USAGE", `${OUTER_IDENTITY_VARIABLE} is not UID:GID`, {
      hint: `unset ${OUTER_IDENTITY_VARIABLE}: gomodfs sets it for itself`,
    });
  }
  return { uid: Number(match[1]), gid: Number(match[2]) };
}

function replaceProcess(file: string, argv: readonly string[], environment: Environment): void {
  if (process.execve === undefined) {
    throw new GomodfsError(
      "UNSUPPORTED",
      "cannot make a user namespace: this Node has no process.execve",
      { hint: "use Node 24 or later" },
    );
  }
  const set = Object.entries(environment).filter((entry) => entry[1] !== undefined);
  process.execve(file, argv, Object.fromEntries(set));
}

import { lstatSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { GomodfsError } from "../lib/gomodfs_error.ts";

/** What decides where a user's sockets are. */
export interface RuntimeDirectorySettings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `os.tmpdir()`. */
  readonly temporaryDirectory: string;
  /** The person's user id, also from within a user namespace: part of the name below the temporary directory. */
  readonly uid: number;
  /** The user id that this process has and sees as the owner of its files. */
  readonly effectiveUid: number;
}

// sizeof(sockaddr_un.sun_path) on Linux is 108 with its final NUL (unix(7)).
const MAX_SOCKET_PATH_BYTES = 107;
const LONGEST_NAME = "/control-4194304-0123456789abcdef.sock";

/**
 * The directory of a user's control sockets, made if it is missing: `$XDG_RUNTIME_DIR/gomodfs`, or `gomodfs-UID` in the
 * temporary directory where that is not set or too long for a socket's address. Only its owner may enter it, which is
 * what protects the sockets in it.
 *
 * @throws GomodfsError `SECURITY` if somebody else owns it or may enter it, `USAGE` if it cannot be made
 */
export function makeRuntimeDirectory(settings: RuntimeDirectorySettings): string {
  const { environment, temporaryDirectory, uid } = settings;
  const runtime = environment["XDG_RUNTIME_DIR"];
  const candidates = [
    ...(runtime !== undefined && isAbsolute(runtime) ? [join(runtime, "gomodfs")] : []),
    join(temporaryDirectory, `gomodfs-${uid}`),
  ];
  const directory = candidates.find(
    (candidate) => Buffer.byteLength(candidate + LONGEST_NAME) <= MAX_SOCKET_PATH_BYTES,
  );
  if (directory === undefined) {
    throw new GomodfsError("USAGE", `the path of a socket in ${candidates.at(-1)} is too long`, {
      hint: "set XDG_RUNTIME_DIR or TMPDIR to a shorter path",
    });
  }
  makePrivate(directory, settings.effectiveUid);
  return directory;
}

/**
 * The path of a new control socket.
 *
 * @param random 16 hexadecimal digits, so that what a killed process of the same id left behind is not in the way
 */
export function controlSocketPath(directory: string, pid: number, random: string): string {
  return join(directory, `control-${pid}-${random}.sock`);
}

/** The runtime directory of the person `uid`, with this process's own settings. */
export function runtimeDirectory(
  environment: RuntimeDirectorySettings["environment"],
  uid: number,
): string {
  const effectiveUid = process.geteuid?.() ?? uid;
  return makeRuntimeDirectory({ environment, temporaryDirectory: tmpdir(), uid, effectiveUid });
}

function makePrivate(directory: string, owner: number): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new GomodfsError("USAGE", `cannot make ${directory} for the control socket`, {
      hint: "set XDG_RUNTIME_DIR or TMPDIR to a directory that you may write to",
      cause,
    });
  }
  // Anybody may make a directory of this name in /tmp before we do, or a symbolic link to one.
  const stats = lstatSync(directory);
  if (!stats.isDirectory() || stats.uid !== owner || (stats.mode & 0o077) !== 0) {
    throw new GomodfsError("SECURITY", `${directory} is not a directory of this user's alone`, {
      hint: "remove it, or set XDG_RUNTIME_DIR",
    });
  }
}

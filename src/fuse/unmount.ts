import { GomodfsError } from "../lib/gomodfs_error.ts";
import { type CommandResult, runCommand } from "./command.ts";

/** How to unmount. */
export interface UnmountOptions {
  /** Takes the mount out of the tree at once, also while it is in use; it goes for good with its last user. */
  readonly lazy?: boolean;
}

/**
 * Unmounts what is mounted at `directory`: as root with umount(8), otherwise with fusermount3.
 *
 * @throws GomodfsError `BUSY` if it is in use, `NOT_FOUND` if nothing is mounted there, `UNSUPPORTED` if this user may
 * not, or the command is missing
 */
export async function unmount(
  directory: string,
  { lazy = false }: UnmountOptions = {},
): Promise<void> {
  const result =
    process.geteuid?.() === 0
      ? await runCommand("umount", ["-i", ...(lazy ? ["-l"] : []), "--", directory])
      : await runCommand("fusermount3", ["-u", ...(lazy ? ["-z"] : []), "--", directory]);
  if (result.status !== 0) throw explain(directory, result);
}

function explain(directory: string, { stderr, startError }: CommandResult): GomodfsError {
  if (startError !== undefined) {
    return new GomodfsError(
      "UNSUPPORTED",
      `cannot unmount ${directory}: the command cannot be started`,
      {
        hint: "install util-linux (umount) or fuse3 (fusermount3)",
        cause: startError,
      },
    );
  }
  if (/busy/i.test(stderr)) {
    return new GomodfsError("BUSY", `${directory} is in use`, {
      hint: "end the programs that use it (fuser -vm shows them), or unmount it lazily",
    });
  }
  if (/not mounted|not found in|no mount point|Invalid argument/i.test(stderr)) {
    return new GomodfsError("NOT_FOUND", `nothing is mounted at ${directory}`);
  }
  return new GomodfsError("UNSUPPORTED", `cannot unmount ${directory}: ${stderr}`, {
    hint: "unmount it as the user who mounted it, or as root",
  });
}

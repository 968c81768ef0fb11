import { accessSync, constants, statSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";

/** What execvp(3) would find for a command's name. */
export type CommandLookup =
  | { readonly kind: "found"; readonly file: string }
  /** There is a file of this name, but it cannot be executed: a shell exits with 126. */
  | { readonly kind: "not-executable"; readonly file: string }
  /** There is none: a shell exits with 127. */
  | { readonly kind: "missing" };

// What execvp(3) searches without a PATH (glibc's confstr _CS_PATH).
const DEFAULT_PATH = "/bin:/usr/bin";

/**
 * Searches a command as execvp(3) does: a name with a slash is a path, any other name is searched in the directories
 * of `searchPath` (the value of PATH), an empty one of them being the working directory.
 *
 * @param directory the working directory of the command, absolute
 */
export function findCommand(
  name: string,
  searchPath: string | undefined,
  directory: string,
): CommandLookup {
  if (name === "") return { kind: "missing" };
  if (name.includes("/")) return examine(resolve(directory, name));
  let refused: CommandLookup | undefined;
  for (const element of (searchPath ?? DEFAULT_PATH).split(":")) {
    const found = examine(resolve(directory, element, name));
    if (found.kind === "found") return found;
    // execvp(3): permission denied in one directory, the search goes on, and that error is reported at the end.
    if (found.kind === "not-executable") refused ??= found;
  }
  return refused ?? { kind: "missing" };
}

/**
 * Where a program of the system itself (mount, unshare) is: on the PATH, or where distributions keep it, since a
 * user's PATH often lacks the sbin directories.
 *
 * @returns undefined if it is not installed
 */
export function findSystemProgram(
  name: string,
  searchPath: string | undefined,
): string | undefined {
  const absolute = (searchPath ?? "").split(":").filter((element) => isAbsolute(element));
  const directories = [...absolute, "/usr/bin", "/bin", "/usr/sbin", "/sbin"];
  const found = findCommand(name, directories.join(":"), "/");
  return found.kind === "found" ? found.file : undefined;
}

function examine(file: string): CommandLookup {
  try {
    if (!statSync(file).isFile()) return { kind: "not-executable", file };
  } catch (error) {
    // EACCES is a directory on the way that may not be searched; all else comes down to "there is none".
    const denied = error instanceof Error && "code" in error && error.code === "EACCES";
    return denied ? { kind: "not-executable", file } : { kind: "missing" };
  }
  try {
    accessSync(file, constants.X_OK);
    return { kind: "found", file };
  } catch {
    return { kind: "not-executable", file };
  }
}

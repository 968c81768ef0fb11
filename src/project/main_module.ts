import { statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { GomodfsError } from "../lib/gomodfs_error.ts";

/** The settings of the go command that say which module or workspace a directory belongs to. */
export interface MainModuleSettings {
  /** `off`, a path, or empty (or `auto`): search. */
  readonly GOWORK: string;
  readonly GOROOT: string | undefined;
  readonly flags: { readonly mod: string | undefined; readonly modfile: string | undefined };
}

/** What the go command works on in a directory. */
export type MainModule =
  | {
      readonly kind: "module";
      /** The go.mod file that marks the module's root. */
      readonly goMod: string;
      /** The file that is read in its place: `-modfile`, or `goMod` itself. */
      readonly modFile: string;
    }
  | { readonly kind: "workspace"; readonly goWork: string };

/**
 * Finds the go.work or else the go.mod file of a directory, from there upwards (cmd/go/internal/modload FindGoWork and
 * FindGoMod).
 *
 * @param directory absolute
 * @returns undefined outside of modules and workspaces
 * @throws GomodfsError `USAGE` if GOWORK is a relative path
 */
export function findMainModule(
  directory: string,
  settings: MainModuleSettings,
): MainModule | undefined {
  const goWork = findGoWork(directory, settings);
  if (goWork !== undefined) return { kind: "workspace", goWork };
  const goMod = findUpwards(directory, "go.mod", undefined);
  if (goMod === undefined) return undefined;
  // cmd/go takes a relative -modfile from the working directory, not from the module's root.
  const { modfile } = settings.flags;
  return {
    kind: "module",
    goMod,
    modFile: modfile === undefined ? goMod : resolve(directory, modfile),
  };
}

function findGoWork(directory: string, { GOWORK, GOROOT }: MainModuleSettings): string | undefined {
  switch (GOWORK) {
    case "off":
      return undefined;
    case "":
    case "auto":
      return findUpwards(directory, "go.work", GOROOT);
    default:
      if (!GOWORK.startsWith("/")) {
        throw new GomodfsError("USAGE", `GOWORK is ${GOWORK}, which is not an absolute path`, {
          hint: "set GOWORK to off or to the absolute path of a go.work file",
        });
      }
      // `go work init` names a file that is yet to be written.
      return isFile(GOWORK) ? GOWORK : undefined;
  }
}

/** @param barrier a directory that the search does not leave upwards into */
function findUpwards(
  directory: string,
  name: string,
  barrier: string | undefined,
): string | undefined {
  for (let current = directory; ; ) {
    const file = join(current, name);
    if (isFile(file)) return file;
    const parent = dirname(current);
    if (parent === current || parent === barrier) return undefined;
    current = parent;
  }
}

function isFile(path: string): boolean {
  try {
    return !statSync(path).isDirectory();
  } catch {
    return false;
  }
}

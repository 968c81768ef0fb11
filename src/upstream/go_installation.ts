import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { posix, win32 } from "node:path";
import type { Environment } from "../lib/environment.ts";

export type { Environment } from "../lib/environment.ts";

/** Where Go is on this machine. */
export interface GoInstallation {
  /** The first `go` on the PATH. */
  readonly goCommand: string | undefined;
  /** The root of the first installation that a `go` on the PATH belongs to. */
  readonly goroot: string | undefined;
}

/**
 * Finds Go without running it, which would cost 10 ms and more. A `go` on the PATH may be a link into an installation
 * or a version switcher's script, which belongs to none: the search for the root goes on behind it.
 */
export function findGoInstallation(env: Environment, platform: NodeJS.Platform): GoInstallation {
  const path = platform === "win32" ? win32 : posix;
  const commands = (env["PATH"] ?? "")
    .split(path.delimiter)
    // Go does not run commands from relative PATH elements either (os/exec.ErrDot).
    .filter((directory) => path.isAbsolute(directory))
    .map((directory) => path.join(directory, platform === "win32" ? "go.exe" : "go"))
    .filter(isExecutableFile);
  const goroot = commands.map(gorootOfCommand).find((root) => root !== undefined);
  return { goCommand: commands[0], goroot };
}

function isExecutableFile(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** cmd/go/internal/cfg `findGOROOT`: `bin/go` or, cross-compiled, `bin/GOOS_GOARCH/go` under the root. */
function gorootOfCommand(command: string): string | undefined {
  const real = realpathSync(command);
  return ["../..", "../../.."].map((up) => posix.join(real, up)).find(isGoroot);
}

/** cmd/go/internal/cfg `isGOROOT`. */
function isGoroot(directory: string): boolean {
  return (
    statSync(posix.join(directory, "pkg/tool"), { throwIfNoEntry: false })?.isDirectory() === true
  );
}

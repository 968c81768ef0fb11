import { readFileSync } from "node:fs";
import { posix, win32 } from "node:path";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { Environment } from "./go_installation.ts";
import { type NetrcEntry, parseNetrc } from "./netrc.ts";

/**
 * The entries of the user's .netrc: $NETRC, else ~/.netrc (Windows: ~/_netrc first); none if the file is not there.
 *
 * @throws GomodfsError `USAGE` if it is there but cannot be read
 */
export function readNetrcFile(
  env: Environment,
  platform: NodeJS.Platform = process.platform,
): NetrcEntry[] {
  for (const file of netrcFiles(env, platform)) {
    try {
      return parseNetrc(readFileSync(file, "utf8"));
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") continue;
      throw new GomodfsError("USAGE", `cannot read ${file}, where credentials are kept`, {
        hint: "make it readable, or set GOAUTH=off to do without",
        cause: error,
      });
    }
  }
  return [];
}

function netrcFiles(env: Environment, platform: NodeJS.Platform): string[] {
  if (env["NETRC"]) return [env["NETRC"]];
  if (platform === "win32") {
    const home = env["USERPROFILE"];
    return home ? [win32.join(home, "_netrc"), win32.join(home, ".netrc")] : [];
  }
  return env["HOME"] ? [posix.join(env["HOME"], ".netrc")] : [];
}

import { posix } from "node:path";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { readBoundedFile } from "../project/bounded_file.ts";
import type { ConfigurationText } from "./configuration.ts";

const MAX_FILE_BYTES = 1 << 20;
const SYSTEM_FILE = "/etc/gomodfs/gomodfs.toml";

/**
 * Finds and reads the file of configuration: the one that is named, else that of GOMODFS_CONFIG, else the first that is
 * there of `$XDG_CONFIG_HOME/gomodfs/gomodfs.toml` and `/etc/gomodfs/gomodfs.toml`. An empty GOMODFS_CONFIG names none.
 *
 * @returns undefined where nothing names a file and neither of those two is there
 * @throws GomodfsError `USAGE` if a file that is named is not there, `INVALID` or `TOO_LARGE` if it cannot be read
 */
export async function readConfigurationFile(
  named: string | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<ConfigurationText | undefined> {
  if (named !== undefined) return await readNamed(named, "name another, or none");
  const variable = environment["GOMODFS_CONFIG"];
  if (variable) return await readNamed(variable, "GOMODFS_CONFIG names it");
  for (const file of ordinaryFiles(environment)) {
    const text = await readBoundedFile(file, MAX_FILE_BYTES);
    if (text !== undefined) return { file, text };
  }
  return undefined;
}

async function readNamed(file: string, hint: string): Promise<ConfigurationText> {
  const text = await readBoundedFile(file, MAX_FILE_BYTES);
  if (text !== undefined) return { file, text };
  throw new GomodfsError("USAGE", `there is no file of configuration ${file}`, { hint });
}

/** XDG Base Directory Specification: a relative XDG_CONFIG_HOME is to be ignored. */
function ordinaryFiles(environment: NodeJS.ProcessEnv): string[] {
  const { XDG_CONFIG_HOME, HOME } = environment;
  const home = XDG_CONFIG_HOME?.startsWith("/") === true ? XDG_CONFIG_HOME : homeConfig(HOME);
  return [...(home === undefined ? [] : [posix.join(home, "gomodfs/gomodfs.toml")]), SYSTEM_FILE];
}

function homeConfig(home: string | undefined): string | undefined {
  return home?.startsWith("/") === true ? posix.join(home, ".config") : undefined;
}

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { goPlatform } from "../module/toolchain.ts";
import { type ModuleQuery, parseModuleQuery } from "../prefetch/module_query.ts";
import type { PrefetchRequest } from "../prefetch/prefetch.ts";
import { localGoVersion } from "../project/local_toolchain.ts";
import { readProject } from "../project/project.ts";
import type { GoSettings } from "../upstream/go_settings.ts";
import type { PrefetchFlags } from "./prefetch_flags.ts";

/**
 * Reads what the command line names: projects from disk, and modules.
 *
 * @param directory what relative paths are relative to, absolute; itself a project if nothing is named
 * @throws GomodfsError as readProject, and `USAGE` for what names neither a project nor a module
 */
export async function readRequest(
  names: readonly string[],
  flags: Pick<PrefetchFlags, "all" | "toolchain">,
  directory: string,
  settings: GoSettings,
): Promise<PrefetchRequest> {
  const paths: string[] = names.length === 0 ? [directory] : [];
  const modules: ModuleQuery[] = [];
  for (const name of names) {
    const query = isPath(name, directory) ? undefined : parseModuleQuery(name);
    if (query === undefined) paths.push(resolve(directory, name));
    else modules.push(query);
  }
  const projects = await Promise.all(paths.map((path) => readProject(path, settings)));
  const request = { projects, modules, all: flags.all === true };
  if (flags.toolchain !== true) return request;
  const toolchain = {
    setting: settings.GOTOOLCHAIN,
    local: localGoVersion(settings.GOROOT),
    platform: goPlatform(process.platform, process.arch),
  };
  return { ...request, toolchain };
}

/** A directory may have an "@" in its name. */
function isPath(name: string, directory: string): boolean {
  return /^\.{0,2}\//.test(name) || existsSync(resolve(directory, name));
}

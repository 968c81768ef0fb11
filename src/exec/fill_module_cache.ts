import { ModuleService } from "../daemon/module_service.ts";
import { locateModuleCache } from "../daemon/store_location.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { silentLogger } from "../lib/logger.ts";
import { prefetch } from "../prefetch/prefetch.ts";
import { findMainModule } from "../project/main_module.ts";
import { type Project, readProject } from "../project/project.ts";
import type { PreparedExec } from "./exec_request.ts";
import { goDirectory } from "./go_directory.ts";

/**
 * Fills the ordinary GOMODCACHE with what the project needs. What cannot be had is told on standard error; the command that
 * follows meets the same cause, if it needs it.
 */
export async function fillModuleCache({
  request,
  command,
  moduleCache,
}: PreparedExec): Promise<void> {
  const { settings } = request;
  try {
    const directory = goDirectory(command.argv, command.directory);
    // Outside of projects there is nothing to fill.
    if (findMainModule(directory, settings) === undefined) return;
    const project = await readProject(directory, settings);
    await fill(project, { request, command, moduleCache });
  } catch (error) {
    if (!(error instanceof GomodfsError)) throw error;
    warn(error);
  }
}

async function fill(
  project: Project,
  { request, command, moduleCache }: Pick<PreparedExec, "request" | "command" | "moduleCache">,
): Promise<void> {
  const { settings, proxy, log } = request;
  const environment = { ...command.environment };
  const writableDirectories = settings.flags.modcacherw;
  const service = await ModuleService.open({
    location: locateModuleCache(moduleCache, environment, { writableDirectories }),
    settings,
    proxy,
    environment,
    sums: project.sums,
    log,
    cacheLog: silentLogger,
  });
  try {
    const request = { projects: [project], modules: [], all: false };
    const { failures } = await prefetch(request, service, { continueOnError: true });
    for (const { error } of failures) warn(error);
  } finally {
    await service.close();
  }
}

function warn(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  const hint = error instanceof GomodfsError && error.hint !== undefined ? `\n  ${error.hint}` : "";
  process.stderr.write(`gomodfs: ${message}${hint}\n`);
}

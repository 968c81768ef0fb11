import { resolve } from "node:path";
import { ModuleService } from "../daemon/module_service.ts";
import { BuildListLoader, type BuildMod } from "../graph/build_list_loader.ts";
import type { GraphProject } from "../graph/requirements.ts";
import { VerifiedGoMods } from "../graph/verified_go_mods.ts";
import { GoSum } from "../module/go_sum.ts";
import { type Project, readProject } from "../project/project.ts";
import type { GoSettings } from "../upstream/go_settings.ts";
import type { ModFlags } from "./mod_flags.ts";
import { readSessionSettings } from "./session_settings.ts";

/** What a `gomodfs mod` command works with: a project, and a store with all that fills it. */
export interface ModSession {
  readonly project: Project;
  readonly loader: BuildListLoader;
  readonly service: ModuleService;
  readonly sums: GoSum;
  readonly settings: GoSettings;
  /** The working directory, absolute. */
  readonly directory: string;
}

/**
 * Runs a command on the project that `-C` or the working directory is in.
 *
 * @param buildMod what -mod is to the command; a vendor directory counts for none of them
 * @throws as readProject and ModuleService.open, and what `run` throws
 */
export async function withModSession<T>(
  flags: ModFlags,
  buildMod: (settings: GoSettings) => BuildMod,
  run: (session: ModSession) => Promise<T>,
): Promise<T> {
  const environment = process.env;
  const { location, settings, proxy, log } = readSessionSettings(flags, environment, "error");
  const directory = resolve(flags.directory);
  const mode = buildMod(settings);
  const project = await readProject(directory, {
    ...settings,
    flags: { ...settings.flags, mod: mode },
  });
  const service = await ModuleService.open({
    location,
    settings,
    proxy,
    environment,
    sums: project.sums,
    log,
  });
  try {
    const sums = new GoSum(project.sums);
    const mustHaveSums = mode === "readonly" && project.kind === "module";
    const loader = new BuildListLoader(
      graphProject(project),
      new VerifiedGoMods(service.cache, sums, mustHaveSums),
      mode,
    );
    return await run({ project, loader, service, sums, settings, directory });
  } finally {
    await service.close();
  }
}

function graphProject(project: Project): GraphProject {
  return { ...project, kind: project.kind === "workspace" ? "workspace" : "module" };
}

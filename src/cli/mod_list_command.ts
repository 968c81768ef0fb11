import {
  formatModule,
  formatVersions,
  type ModuleDescription,
} from "../graph/module_description.ts";
import { ModuleDetails } from "../graph/module_details.ts";
import { ModuleList, type ModuleListOptions } from "../graph/module_list.ts";
import { ModuleVersions } from "../graph/module_versions.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { goJson } from "../module/go_json.ts";
import { isPattern } from "../module/package_pattern.ts";
import { isVendored } from "../project/dependency_search.ts";
import { EXIT_DONE, EXIT_FAILED } from "./exit_code.ts";
import type { ModListFlags } from "./mod_flags.ts";
import { type ModSession, withModSession } from "./mod_session.ts";
import { writeInPieces } from "./write_in_pieces.ts";

/** `gomodfs mod list`: modules as `go list -m` prints them; all of the build list if none is named. */
export async function runModList(names: readonly string[], flags: ModListFlags): Promise<number> {
  const modules = await withModSession(
    flags,
    ({ flags: { mod } }) => (mod === "mod" ? "mod" : "readonly"),
    async (session) => await listModules(names.length === 0 ? ["all"] : names, flags, session),
  );
  const failures = modules.flatMap(({ Error: failure }) => failure ?? []);
  for (const { Err } of failures) process.stderr.write(`gomodfs: ${Err}\n`);
  if (failures.length > 0) return EXIT_FAILED;
  const format = formatOf(flags);
  writeInPieces(
    process.stdout,
    modules.map((module) => `${format(module)}\n`),
  );
  return EXIT_DONE;
}

async function listModules(
  names: readonly string[],
  flags: ModListFlags,
  session: ModSession,
): Promise<ModuleDescription[]> {
  const options = {
    details: flags.json === true,
    versions: flags.versions === true,
    updates: flags.updates === true,
    retracted: flags.retracted === true,
  };
  const needsGraph =
    options.versions || options.updates || names.some((name) => name === "all" || isPattern(name));
  if (needsGraph && (await isVendored(session))) throw vendored();
  return await moduleListOf(session, options).list(names);
}

/** Lists the modules of a session's project. */
export function moduleListOf(session: ModSession, options: ModuleListOptions): ModuleList {
  const { loader, service, project, sums } = session;
  const versions = new ModuleVersions({
    source: service.source,
    goMod: async (id) => await service.cache.read(id, "mod"),
  });
  const details = new ModuleDetails({
    cache: service.cache,
    goMods: loader.goMods,
    sums,
    versions,
    excluded: project.excluded,
    isReplaced: (path) => project.replacements.find(path, "") !== undefined,
    onlySummed: loader.buildMod === "readonly" && project.kind === "module",
  });
  const warn = (message: string): void => void process.stderr.write(`gomodfs: ${message}\n`);
  const parts = { loader, details, versions, source: service.source, warn };
  return new ModuleList(parts, options);
}

function formatOf({ json, versions }: ModListFlags): (module: ModuleDescription) => string {
  if (json === true) return (module) => goJson(module, "\t");
  return versions === true ? formatVersions : formatModule;
}

function vendored(): GomodfsError {
  return new GomodfsError(
    "USAGE",
    "the vendor directory does not have what tells the build list, the versions or the updates of modules",
    { hint: "set GOFLAGS=-mod=mod or GOFLAGS=-mod=readonly to look beyond it" },
  );
}

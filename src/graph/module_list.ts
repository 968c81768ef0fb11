import { join } from "node:path";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { isGoOrToolchain } from "../module/go_requirement.ts";
import type { ModuleVersion } from "../module/module_version.ts";
import type { GraphNode } from "../module/mvs.ts";
import { NONE } from "../module/mvs_graph.ts";
import { isPattern, packagePattern } from "../module/package_pattern.ts";
import { isModuleVersion, parseModulePath, parseModuleVersion } from "../module/path.ts";
import { parseRevisionInfo } from "../module/revision_info.ts";
import { isRevisionQuery, parseVersionQuery } from "../module/version_query.ts";
import { readDirectoryGoMod } from "../project/directory_go_mod.ts";
import type { MainGoMod } from "../project/main_modules.ts";
import type { ResolvedModule } from "../project/replacements.ts";
import type { ModuleSource } from "../upstream/module_source.ts";
import type { BuildListLoader } from "./build_list_loader.ts";
import type { ModuleDescription } from "./module_description.ts";
import { failureOf, type ModuleDetails, type VersionDetails } from "./module_details.ts";
import type { ModuleGraph } from "./module_graph.ts";
import type { ModuleVersions } from "./module_versions.ts";
import { goVersionOf, type Requirements, rootVersion } from "./requirements.ts";

/** How modules are listed. */
export interface ModuleListOptions extends VersionDetails {
  /** Also what costs a look at each module's files: times, go lines and sums. */
  readonly details: boolean;
}

/** What a list is made of. */
export interface ModuleListParts {
  readonly loader: BuildListLoader;
  readonly details: ModuleDetails;
  readonly versions: ModuleVersions;
  readonly source: Pick<ModuleSource, "revision">;
  /** Told of patterns that match nothing. */
  readonly warn: (message: string) => void;
}

/** The requirements of a project and, where an argument needs it, the graph behind them. */
interface Loaded {
  readonly requirements: Requirements;
  readonly graph: ModuleGraph | undefined;
}

const MAX_AT_A_TIME = 1000;

/** Describes modules as `go list -m` does (cmd/go/internal/modload, list.go). */
export class ModuleList {
  readonly #parts: ModuleListParts;
  readonly #options: ModuleListOptions;
  readonly #mains: ReadonlyMap<string, MainGoMod>;

  constructor(parts: ModuleListParts, options: ModuleListOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#mains = new Map(
      parts.loader.project.goMods.map((main) => [main.goMod.module ?? "", main]),
    );
  }

  /**
   * The modules that arguments name: `all`, patterns with `...`, module paths, `MODULE@QUERY`; without arguments the main
   * modules. What cannot be found has an `Error`.
   *
   * @throws GomodfsError `USAGE` for an argument that cannot name modules, and as BuildListLoader.expand
   */
  async list(names: readonly string[]): Promise<ModuleDescription[]> {
    const requirements = await this.#parts.loader.requirements();
    if (names.length === 0) {
      return await this.#describeAll(requirements.mains, requirements);
    }
    names.forEach(checkArgument);
    const isGraphNeeded = names.some((name) => needsGraph(name, requirements));
    const loaded: Loaded = isGraphNeeded
      ? await this.#parts.loader.expand(requirements)
      : { requirements, graph: undefined };
    const listed = new Set<string>();
    const modules: ModuleDescription[] = [];
    for (const name of names) modules.push(...(await this.#named(name, loaded, listed)));
    return modules;
  }

  /** @param listed what patterns have matched already, each of which is listed once */
  async #named(name: string, loaded: Loaded, listed: Set<string>): Promise<ModuleDescription[]> {
    const { requirements, graph } = loaded;
    const at = name.indexOf("@");
    if (at >= 0) return [await this.#queried(name.slice(0, at), name.slice(at + 1), loaded)];
    if (name === "all" || isPattern(name)) {
      const matches = name === "all" ? (): boolean => true : packagePattern(name);
      const found = (graph?.buildList() ?? []).filter(
        ({ path }) => !isGoOrToolchain(path) && matches(path) && !listed.has(path),
      );
      for (const { path } of found) listed.add(path);
      if (found.length === 0) {
        this.#parts.warn(`pattern ${JSON.stringify(name)} matched no module dependencies`);
      }
      return await this.#describeAll(found, requirements);
    }
    const version = graph === undefined ? rootVersion(requirements, name) : graph.selected(name);
    if (version !== undefined && version !== NONE) {
      return [await this.#describe({ path: name, version }, requirements)];
    }
    if (!this.#options.versions) return [unknown(name)];
    return [{ Path: name, ...(await this.#listVersions(name)) }];
  }

  async #queried(
    path: string,
    query: string,
    { requirements, graph }: Loaded,
  ): Promise<ModuleDescription> {
    const selected = graph === undefined ? rootVersion(requirements, path) : graph.selected(path);
    const current = selected === NONE || selected === "" ? undefined : selected;
    try {
      const { id, origin } = await this.#resolve(path, query, current);
      const details = await this.#parts.details.complete(id, false);
      const versionDetails = await this.#parts.details.versionDetails(id, this.#options);
      return ordered({
        Path: path,
        Version: id.version,
        ...(id.version === query ? {} : { Query: query }),
        ...details,
        ...versionDetails,
        ...origin,
      });
    } catch (error) {
      return { Path: path, Version: query, ...named(`${path}@${query}`, failureOf(error)) };
    }
  }

  async #resolve(
    path: string,
    query: string,
    current: string | undefined,
  ): Promise<{ readonly id: ModuleVersion; readonly origin: Partial<ModuleDescription> }> {
    const modulePath = parseModulePath(path);
    const { versions, details, source } = this.#parts;
    const parsed = parseVersionQuery(path, query, current);
    if (parsed.kind === "revision") {
      const { version, origin } = parseRevisionInfo(await source.revision(modulePath, query));
      const id = parseModuleVersion(path, version);
      return { id, origin: origin === undefined ? {} : { Origin: origin } };
    }
    const isAllowed =
      isRevisionQuery(query) || this.#options.retracted ? () => true : details.isAllowed;
    return { id: await versions.query(modulePath, query, current, isAllowed), origin: {} };
  }

  async #listVersions(path: string): Promise<Partial<ModuleDescription>> {
    try {
      const { details } = this.#parts;
      const { retracted } = this.#options;
      return { Versions: await details.listedVersions(parseModulePath(path), retracted) };
    } catch (error) {
      return failureOf(error);
    }
  }

  async #describeAll(
    nodes: readonly GraphNode[],
    requirements: Requirements,
  ): Promise<ModuleDescription[]> {
    const modules: ModuleDescription[] = [];
    for (let start = 0; start < nodes.length; start += MAX_AT_A_TIME) {
      const some = nodes.slice(start, start + MAX_AT_A_TIME);
      modules.push(...(await Promise.all(some.map((node) => this.#describe(node, requirements)))));
    }
    return modules;
  }

  async #describe(node: GraphNode, requirements: Requirements): Promise<ModuleDescription> {
    const { path, version } = node;
    const main = version === "" ? this.#mains.get(path) : undefined;
    if (main !== undefined) return this.#describeMain(path, main);
    const { direct } = requirements;
    const replacement = this.#parts.loader.project.replacements.find(path, version);
    const own = {
      Path: path,
      Version: version,
      ...(direct.has(path) ? {} : { Indirect: true as const }),
    };
    if (replacement !== undefined) {
      const replace = await this.#describeReplacement(replacement);
      const { Dir, GoMod, GoVersion, Retracted, Error: failure } = replace;
      const extra = await this.#versionDetails(node);
      return ordered({
        ...own,
        Replace: replace,
        Dir,
        GoMod,
        GoVersion,
        Error: failure,
        ...extra,
        Retracted: extra.Retracted ?? Retracted,
      });
    }
    if (!isModuleVersion(path, version)) return { ...own, ...unknown(path) };
    const id = parseModuleVersion(path, version);
    const completed = this.#options.details ? await this.#parts.details.complete(id, true) : {};
    return ordered({ ...own, ...completed, ...(await this.#versionDetails(node)) });
  }

  #describeMain(path: string, { directory, file, goMod }: MainGoMod): ModuleDescription {
    const isSingle = this.#mains.size === 1 && this.#parts.loader.project.kind === "module";
    const go = isSingle ? goVersionOf(this.#parts.loader.project) : goMod.go;
    return { Path: path, Main: true, Dir: directory, GoMod: file, GoVersion: go };
  }

  async #describeReplacement(replacement: ResolvedModule): Promise<ModuleDescription> {
    if (replacement.kind === "directory") {
      const { directory, written } = replacement;
      const { go } = await readDirectoryGoMod(directory);
      return { Path: written, Dir: directory, GoMod: join(directory, "go.mod"), GoVersion: go };
    }
    const { path, version } = replacement;
    const own = { Path: path, Version: version };
    if (!isModuleVersion(path, version)) return { ...own, ...unknown(path) };
    const id = parseModuleVersion(path, version);
    const completed = this.#options.details ? await this.#parts.details.complete(id, true) : {};
    return ordered({ ...own, ...completed, ...(await this.#versionDetails(replacement)) });
  }

  async #versionDetails({ path, version }: GraphNode): Promise<Partial<ModuleDescription>> {
    if (!isModuleVersion(path, version)) return {};
    const id = parseModuleVersion(path, version);
    return await this.#parts.details.versionDetails(id, this.#options);
  }
}

/** @throws GomodfsError `USAGE` for what never names a module */
function checkArgument(name: string): void {
  if (name.includes("\\")) throw new GomodfsError("USAGE", "module paths never use backslash");
  if (/^\.{1,2}(?:\/|$)/.test(name)) {
    throw new GomodfsError("USAGE", `cannot use relative path ${name} to specify module`);
  }
  const query = name.includes("@") ? name.slice(name.indexOf("@") + 1) : "";
  if (/^[-/]/.test(query)) {
    throw new GomodfsError("USAGE", `invalid module version ${JSON.stringify(query)}`);
  }
}

/** Whether the roots alone do not tell the version that an argument means (modload, listModules). */
function needsGraph(name: string, requirements: Requirements): boolean {
  if (name === "all" || isPattern(name)) return true;
  const [path = "", query] = name.split("@", 2);
  if (query !== undefined && query !== "upgrade" && query !== "patch") return false;
  return requirements.pruning === "unpruned" || rootVersion(requirements, path) === undefined;
}

function unknown(path: string): ModuleDescription {
  return { Path: path, Error: { Err: `module ${path}: not a known dependency` } };
}

/** The message of a failure, with the module in front if it does not name it. */
function named(
  module: string,
  { Error: { Err } }: { readonly Error: { readonly Err: string } },
): Partial<ModuleDescription> {
  const [path = ""] = module.split("@", 1);
  return { Error: { Err: Err.includes(path) ? Err : `${module}: ${Err}` } };
}

const ORDER: readonly string[] = [
  "Path",
  "Version",
  "Query",
  "Versions",
  "Replace",
  "Time",
  "Update",
  "Main",
  "Indirect",
  "Dir",
  "GoMod",
  "GoVersion",
  "Retracted",
  "Deprecated",
  "Error",
  "Sum",
  "GoModSum",
  "Origin",
] satisfies (keyof ModuleDescription)[];

/** Go's order of fields, in which JSON shows them. */
function ordered(module: ModuleDescription): ModuleDescription {
  const position = (name: string): number => ORDER.indexOf(name);
  const entries = Object.entries(module).filter(([, value]) => value !== undefined);
  const sorted = Object.fromEntries(entries.sort(([a], [b]) => position(a) - position(b)));
  return { ...sorted, Path: module.Path };
}

import type { ModulePart } from "../cache/module_cache.ts";
import type { GraphProject } from "../graph/requirements.ts";
import { parseGoModLax } from "../module/go_mod.ts";
import { formatModuleVersion, type ModuleVersion } from "../module/module_version.ts";
import type { Project } from "../project/project.ts";
import { Replacements } from "../project/replacements.ts";
import type { ModuleSource } from "../upstream/module_source.ts";
import { CachedGoMods } from "./cached_go_mods.ts";
import { likelyParts } from "./likely_parts.ts";
import { type ModuleQuery, resolveModuleQuery } from "./module_query.ts";
import { cancelled, PartFetcher, type PrefetchCache } from "./part_fetcher.ts";
import type { PrefetchEvent, PrefetchSummary } from "./prefetch_event.ts";
import { forEachNeed, zipScope } from "./project_needs.ts";
import { projectToolchain, type ToolchainSettings } from "./project_toolchain.ts";

/** What to fetch. */
export interface PrefetchRequest {
  readonly projects: readonly Project[];
  readonly modules: readonly ModuleQuery[];
  /** Also what tests of dependencies need: the zips of whole build lists, and the graphs of modules named by themselves. */
  readonly all: boolean;
  /** Given if the toolchains that the projects ask for are to be fetched. */
  readonly toolchain?: ToolchainSettings;
}

/** Where it comes from and goes to. */
export interface PrefetchParts {
  readonly cache: PrefetchCache;
  readonly source: Pick<ModuleSource, "versions" | "latest" | "revision">;
}

/** How to fetch it. */
export interface PrefetchOptions {
  /** Zips that are fetched at a time, and as many small parts beside them; 64 unless given. */
  readonly concurrency?: number;
  /** Told synchronously. */
  readonly onEvent?: (event: PrefetchEvent) => void;
  /** Ends the prefetch at once. */
  readonly signal?: AbortSignal;
  /** Goes on after failures, which are then in the summary. */
  readonly continueOnError?: boolean;
  /** Fetches nothing, and tells what is missing as far as that is known without fetching. */
  readonly dryRun?: boolean;
}

const CONCURRENCY = 64;
const PARTS: readonly ModulePart[] = ["zip", "mod", "info"];

/**
 * Fetches all that projects and modules need, so that the go command works offline: `go build`, `go vet`, `go mod download`,
 * `go mod verify`, `go list -m all` and `go mod graph` pass with GOPROXY=off.
 *
 * Zips and go.mod files that go.mod and go.sum name are begun at once; the module graph is loaded beside, and what it
 * needs besides is fetched when it is known.
 *
 * @returns what was done; its failures are those that did not end the run: all with `continueOnError`, otherwise those of
 * modules that only version control could give (`UNSUPPORTED`)
 * @throws the error of the first other failure, GomodfsError `CANCELLED` when the signal said so, and what is wrong with a
 * project or query itself: with `continueOnError` the first such error, after all else is done
 */
export async function prefetch(
  request: PrefetchRequest,
  parts: PrefetchParts,
  options: PrefetchOptions = {},
): Promise<PrefetchSummary> {
  const run = new PrefetchRun(request, parts, options);
  return await run.run(options.signal);
}

class PrefetchRun {
  readonly #request: PrefetchRequest;
  readonly #parts: PrefetchParts;
  readonly #onEvent: (event: PrefetchEvent) => void;
  readonly #continueOnError: boolean;
  readonly #fetcher: PartFetcher;
  readonly #goMods: CachedGoMods;

  constructor(request: PrefetchRequest, parts: PrefetchParts, options: PrefetchOptions) {
    this.#request = request;
    this.#parts = parts;
    this.#onEvent = options.onEvent ?? (() => {});
    this.#continueOnError = options.continueOnError ?? false;
    this.#fetcher = new PartFetcher(parts.cache, {
      concurrency: options.concurrency ?? CONCURRENCY,
      onEvent: this.#onEvent,
      continueOnError: this.#continueOnError,
      dryRun: options.dryRun ?? false,
    });
    this.#goMods = new CachedGoMods(this.#fetcher);
  }

  async run(signal: AbortSignal | undefined): Promise<PrefetchSummary> {
    const fetcher = this.#fetcher;
    const onAbort = (): void => fetcher.stop(cancelled());
    signal?.addEventListener("abort", onAbort);
    if (signal?.aborted === true) onAbort();
    try {
      await Promise.race([fetcher.ended, this.#fetchAll()]);
      return fetcher.summary();
    } catch (error) {
      fetcher.stop(error);
      throw error;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  async #fetchAll(): Promise<void> {
    const { modules, toolchain } = this.#request;
    // Several paths may lead to one project.
    const projects = [
      ...new Map(this.#request.projects.map((project) => [project.file, project])).values(),
    ];
    const tasks = [
      ...projects.map((project) => this.#fetchProject(project)),
      ...modules.map((query) => this.#fetchQuery(query)),
      ...(toolchain === undefined
        ? []
        : projects.map((project) => this.#fetchToolchain(project, toolchain))),
    ];
    this.#fetcher.tellPlanned();
    const problems: Error[] = [];
    await Promise.all(tasks.map((task) => this.#orLater(task, problems)));
    this.#fetcher.tellPlanned();
    await this.#fetcher.idle();
    const { unread } = this.#fetcher;
    if (unread > 0) {
      this.#note(`${unread} go.mod files are missing: what only they require is not known yet`);
    }
    const [problem] = problems;
    if (problem !== undefined) throw problem;
  }

  /**
   * With `continueOnError`, what is wrong with one project or query is kept for when the others are done. The first is
   * thrown then; those after it are told now.
   */
  async #orLater(task: Promise<void>, problems: Error[]): Promise<void> {
    try {
      await task;
    } catch (error) {
      if (!this.#continueOnError || !(error instanceof Error)) throw error;
      if (problems.push(error) > 1) this.#note(error.message);
    }
  }

  async #fetchProject(project: Project): Promise<void> {
    if (project.kind === "vendored") {
      this.#note(`${project.file} has a vendor directory: its dependencies are there already`);
      return;
    }
    for (const directory of project.replacements.directories()) {
      this.#note(`${directory} replaces a module and is not fetched`);
    }
    const graphProject: GraphProject = { ...project, kind: project.kind };
    // Loading begins first: of what is resident it looks at the content, which settles whether it is.
    const needs = this.#fetchNeeds(graphProject);
    const scope = zipScope(graphProject, this.#request.all);
    for (const { id, part } of likelyParts(project, scope)) this.#fetcher.guess(id, part);
    await needs;
  }

  async #fetchNeeds(project: GraphProject): Promise<void> {
    await forEachNeed(project, this.#request.all, this.#goMods, (id, part) =>
      this.#fetcher.need(id, part),
    );
  }

  async #fetchQuery(query: ModuleQuery): Promise<void> {
    const { cache, source } = this.#parts;
    const goMod = async (id: ModuleVersion): Promise<Uint8Array> => await cache.read(id, "mod");
    const id = await resolveModuleQuery(query, { source, goMod });
    for (const part of PARTS) this.#fetcher.need(id, part);
    if (!this.#request.all) return;
    const content = await this.#fetcher.goMod(id);
    if (content !== undefined) await this.#fetchNeeds(asProject(id, content));
  }

  async #fetchToolchain(project: Project, settings: ToolchainSettings): Promise<void> {
    const toolchain = await projectToolchain(project, settings, this.#parts.source);
    if (toolchain === undefined) return;
    for (const part of PARTS) this.#fetcher.need(toolchain, part);
  }

  #note(message: string): void {
    this.#onEvent({ kind: "note", message });
  }
}

/** A module as a main module, whose replace and exclude lines do not count: those of dependencies never do. */
function asProject(id: ModuleVersion, content: Uint8Array): GraphProject {
  const file = `${formatModuleVersion(id)}/go.mod`;
  const goMod = { ...parseGoModLax(Buffer.from(content).toString("utf8"), file), module: id.path };
  return {
    kind: "module",
    goMods: [{ file, directory: "", goMod }],
    replacements: new Replacements([]),
    excluded: new Set(),
    go: goMod.go,
    toolchain: undefined,
  };
}

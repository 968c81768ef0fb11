import { summarize } from "../graph/go_mod_summary.ts";
import type { GoModSummary } from "../graph/module_graph.ts";
import type { ModuleGoMods } from "../graph/project_go_mods.ts";
import { parseGoModLax } from "../module/go_mod.ts";
import { formatModuleVersion, type ModuleVersion } from "../module/module_version.ts";
import type { PartFetcher } from "./part_fetcher.ts";

/** The go.mod files of modules, each fetched and parsed once, however many projects need it. */
export class CachedGoMods implements ModuleGoMods {
  readonly #fetcher: PartFetcher;
  readonly #summaries = new Map<
    string,
    GoModSummary | undefined | Promise<GoModSummary | undefined>
  >();

  constructor(fetcher: PartFetcher) {
    this.#fetcher = fetcher;
  }

  /** @returns undefined if it cannot be had, which the fetcher tells */
  summary(id: ModuleVersion): GoModSummary | undefined | Promise<GoModSummary | undefined> {
    const key = formatModuleVersion(id);
    if (this.#summaries.has(key)) return this.#summaries.get(key);
    const content = this.#fetcher.goMod(id);
    const summary =
      content instanceof Promise
        ? content.then((bytes) => this.#parse(id, bytes))
        : this.#parse(id, content);
    this.#summaries.set(key, summary);
    return summary;
  }

  #parse(id: ModuleVersion, bytes: Uint8Array | undefined): GoModSummary | undefined {
    if (bytes === undefined) return undefined;
    const file = `${formatModuleVersion(id)}/go.mod`;
    try {
      return summarize(parseGoModLax(Buffer.from(bytes).toString("utf8"), file));
    } catch (error) {
      this.#fetcher.fail(id, "mod", error);
      return undefined;
    }
  }
}

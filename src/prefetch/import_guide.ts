import { type ImportCandidate, ImportPathIndex } from "../module/import_path_index.ts";
import { formatModuleVersion, type ModuleVersion } from "../module/module_version.ts";

/** The imports of each package directory of a module, relative to its root, which is "". */
export type PackageImports = ReadonlyMap<string, readonly string[]>;

/** What an import path can lead to. */
type GuideModule = RequiredModule | "main";

interface RequiredModule {
  readonly id: ModuleVersion;
  /** Has been told. */
  needed: boolean;
  /** Undefined until the module has arrived. */
  packages: PackageImports | undefined;
  /** Import paths that this module may provide, which only its packages will tell. */
  waiting: string[];
}

/**
 * Follows imports from the packages of the main module through the modules that have arrived, and tells which others
 * are needed for it: of what go.mod requires, a build reads the modules that some package in it imports, and no others.
 *
 * As the go command does (cmd/go/internal/modload importFromFiles), it takes each import path to need all required
 * modules whose paths it begins with, since the package might be in any of them, and lies in the one with the longest
 * path that has it. What no required module can provide, such as the standard library, is passed over.
 */
export class ImportGuide {
  readonly #index: ImportPathIndex<GuideModule>;
  readonly #modules = new Map<string, RequiredModule>();
  readonly #seen = new Set<string>();

  /**
   * @param required by the path that packages import them by; another one than the module's own if it is replaced
   * @param mainPaths of modules whose packages are not asked for here: the main modules, and directories that replace
   *     modules
   */
  constructor(required: ReadonlyMap<string, ModuleVersion>, mainPaths: Iterable<string>) {
    const entries: [string, GuideModule][] = [];
    for (const [path, id] of required) entries.push([path, this.#module(id)]);
    for (const path of mainPaths) entries.push([path, "main"]);
    this.#index = new ImportPathIndex(entries);
  }

  /**
   * Tells what packages of the main module import. May be called again with more.
   *
   * @returns the modules that have become needed, those nearest to the given imports first, each once in the guide's life
   */
  start(imports: Iterable<string>): ModuleVersion[] {
    const queue: string[] = [];
    this.#addUnseen(imports, queue);
    return this.#follow(queue);
  }

  /**
   * Tells that a module has arrived, needed or not.
   *
   * @returns the modules that have become needed by it
   */
  add(id: ModuleVersion, packages: PackageImports): ModuleVersion[] {
    const module = this.#modules.get(formatModuleVersion(id));
    if (module === undefined) return [];
    module.packages = packages;
    return this.#follow(module.waiting.splice(0));
  }

  /** One for each version, though several paths may be replaced by it. */
  #module(id: ModuleVersion): RequiredModule {
    const key = formatModuleVersion(id);
    const known = this.#modules.get(key);
    if (known !== undefined) return known;
    const module: RequiredModule = { id, needed: false, packages: undefined, waiting: [] };
    this.#modules.set(key, module);
    return module;
  }

  /** Breadth first: what the packages import in turn joins the end of the queue. */
  #follow(queue: string[]): ModuleVersion[] {
    const needed: ModuleVersion[] = [];
    for (const importPath of queue) {
      const candidates = this.#index.candidates(importPath);
      for (const { module } of candidates) {
        if (module === "main" || module.needed) continue;
        module.needed = true;
        needed.push(module.id);
      }
      this.#addUnseen(importsOf(importPath, candidates), queue);
    }
    return needed;
  }

  #addUnseen(imports: Iterable<string>, queue: string[]): void {
    for (const importPath of imports) {
      const known = this.#seen.size;
      if (this.#seen.add(importPath).size > known) queue.push(importPath);
    }
  }
}

/** What a package imports; where a module that may have it is yet to arrive, the import path waits for that. */
function importsOf(
  importPath: string,
  candidates: readonly ImportCandidate<GuideModule>[],
): readonly string[] {
  for (const { module, directory } of candidates) {
    if (module === "main") return [];
    if (module.packages === undefined) {
      module.waiting.push(importPath);
      return [];
    }
    const imports = module.packages.get(directory);
    if (imports !== undefined) return imports;
  }
  return [];
}

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { type BuildContext, isTestFile } from "../module/build_context.ts";
import { ImportPathIndex } from "../module/import_path_index.ts";
import { GoSourceReader, listSourceDirectory, type SourceDirectory } from "./go_source.ts";
import {
  type PackagePatterns,
  type PackageRoot,
  parsePackagePatterns,
} from "./package_patterns.ts";

/** A module whose files are on this machine as a project has them. */
export interface LocalModule {
  readonly path: string;
  /** Its root, absolute. */
  readonly directory: string;
}

/** Which packages to read, and how. */
export interface PackageSelection {
  readonly mainModules: readonly LocalModule[];
  /** Directories that replace modules, by the paths of those. */
  readonly replacements: readonly LocalModule[];
  readonly patterns: PackagePatterns;
  readonly context: BuildContext;
  /** Whether the tests of the packages that the patterns name count too. */
  readonly tests: boolean;
}

/** Kubernetes has 6,000. A hint may be incomplete; it must not take minutes in somebody's home directory. */
const MAX_DIRECTORIES = 50_000;

/**
 * The import paths that packages of a project lead to outside of its own modules, the standard library's among them;
 * those nearest to the packages that the patterns name come first. What cannot be read is passed over: this is a hint
 * of what a build will read, and the go command says what is wrong.
 */
export function importsOfPackages(selection: PackageSelection): Set<string> {
  return new PackageWalk(selection).walk();
}

interface PackageDirectory {
  /** Absolute. */
  readonly directory: string;
  /** Whether its tests count. */
  readonly tests: boolean;
}

class PackageWalk {
  readonly #selection: PackageSelection;
  readonly #index: ImportPathIndex<LocalModule>;
  readonly #moduleRoots: ReadonlySet<string>;
  readonly #source = new GoSourceReader();
  readonly #listings = new Map<string, SourceDirectory>();
  readonly #queue: PackageDirectory[] = [];
  /** Directories that are or were in the queue. */
  readonly #queued = new Set<string>();
  readonly #seen = new Set<string>();
  readonly #outside = new Set<string>();
  /** Whether a directory lies in a module below the local module that it seems to be in. */
  readonly #nested = new Map<string, boolean>();

  constructor(selection: PackageSelection) {
    this.#selection = selection;
    const modules = [...selection.mainModules, ...selection.replacements];
    this.#index = new ImportPathIndex(modules.map((module) => [module.path, module]));
    this.#moduleRoots = new Set(modules.map(({ directory }) => directory));
  }

  walk(): Set<string> {
    for (const root of parsePackagePatterns(this.#selection.patterns)) this.#addRoot(root);
    // What packages import joins the end of the queue: breadth first.
    for (const directory of this.#queue) this.#readPackage(directory);
    return this.#outside;
  }

  #addRoot(root: PackageRoot): void {
    switch (root.kind) {
      case "all":
        for (const { directory } of this.#selection.mainModules) this.#addTree(directory);
        break;
      case "directory":
        this.#addDirectories(root.directory, root.recursive);
        break;
      case "importPath": {
        const directory = this.#directoryOf(root.importPath);
        if (directory === undefined) this.#outside.add(root.importPath);
        else this.#addDirectories(directory, root.recursive);
      }
    }
  }

  #addDirectories(directory: string, recursive: boolean): void {
    if (recursive) this.#addTree(directory);
    else this.#enqueue({ directory, tests: this.#selection.tests });
  }

  /** The directories that `...` matches: neither other modules nor what Go ignores (cmd/go/internal/modload). */
  #addTree(root: string): void {
    const pending = [root];
    for (const directory of pending) {
      if (pending.length > MAX_DIRECTORIES) return;
      const { directories, hasGoMod, goFiles } = this.#list(directory);
      if (hasGoMod && directory !== root) continue;
      if (goFiles.length > 0) this.#enqueue({ directory, tests: this.#selection.tests });
      for (const name of directories) if (!isIgnored(name)) pending.push(join(directory, name));
    }
  }

  #enqueue(entry: PackageDirectory): void {
    if (this.#queued.has(entry.directory) || this.#queue.length === MAX_DIRECTORIES) return;
    this.#queued.add(entry.directory);
    this.#queue.push(entry);
  }

  #readPackage({ directory, tests }: PackageDirectory): void {
    const { context } = this.#selection;
    for (const name of this.#list(directory).goFiles) {
      if ((isTestFile(name) && !tests) || !context.matchesFileName(name)) continue;
      const header = this.#source.read(directory, name);
      if (header === undefined || !context.matchesHeader(header)) continue;
      for (const importPath of header.imports) this.#addImport(importPath);
    }
  }

  #list(directory: string): SourceDirectory {
    const known = this.#listings.get(directory);
    if (known !== undefined) return known;
    const listing = listSourceDirectory(directory);
    this.#listings.set(directory, listing);
    return listing;
  }

  #addImport(importPath: string): void {
    if (this.#seen.has(importPath)) return;
    this.#seen.add(importPath);
    const directory = this.#directoryOf(importPath);
    if (directory === undefined) this.#outside.add(importPath);
    else this.#enqueue({ directory, tests: false });
  }

  /** Where a package of a local module is; undefined for all others. */
  #directoryOf(importPath: string): string | undefined {
    const [candidate] = this.#index.candidates(importPath);
    if (candidate === undefined || candidate.directory.split("/").includes("..")) return undefined;
    const directory = join(candidate.module.directory, candidate.directory);
    return this.#isNested(directory) ? undefined : directory;
  }

  #isNested(directory: string): boolean {
    if (this.#moduleRoots.has(directory)) return false;
    const known = this.#nested.get(directory);
    if (known !== undefined) return known;
    const nested = existsSync(join(directory, "go.mod")) || this.#isNested(dirname(directory));
    this.#nested.set(directory, nested);
    return nested;
  }
}

function isIgnored(name: string): boolean {
  return name.startsWith(".") || name.startsWith("_") || name === "testdata" || name === "vendor";
}

import { escapePath, escapeVersion } from "../module/escape.ts";
import type { ModulePath } from "../module/module_version.ts";
import { sortVersions } from "../module/semver.ts";
import type { ResidentModule } from "../store/module_store.ts";

const NONE: ReadonlySet<string> = new Set();

/**
 * The names that are resident in the directories which lead to modules: what a listing of `github.com` or of
 * `cache/download/github.com/a/b/@v` shows.
 */
export class ResidentNames {
  readonly #prefixes = new Map<string, Set<string>>();
  readonly #modules = new Map<string, Set<string>>();
  readonly #downloads = new Map<string, Set<string>>();
  readonly #versions = new Map<string, ResidentModule[]>();

  constructor(residents: Iterable<ResidentModule>) {
    for (const resident of residents) this.#add(resident);
  }

  /** Names of directories below `prefix` that lead on to module directories. */
  prefixes(prefix: string): ReadonlySet<string> {
    return this.#prefixes.get(prefix) ?? NONE;
  }

  /** Names of module directories, `b@v1.2.3`, below `prefix`. */
  modules(prefix: string): ReadonlySet<string> {
    return this.#modules.get(prefix) ?? NONE;
  }

  /** Names below `cache/download/PREFIX`, `@v` among them. */
  downloads(prefix: string): ReadonlySet<string> {
    return this.#downloads.get(prefix) ?? NONE;
  }

  /** What is resident of every version of every module. */
  *all(): Generator<ResidentModule> {
    for (const versions of this.#versions.values()) yield* versions;
  }

  /** What is resident of each version of a module. */
  versions(path: ModulePath): readonly ResidentModule[] {
    return this.#versions.get(path) ?? [];
  }

  /**
   * The content of `@v/list`: the versions whose `.mod` is resident, as cmd/go rewrites it after each download. It takes
   * them from file names without unescaping them, so versions with upper-case letters are missing
   * (cmd/go/internal/modfetch/cache.go, rewriteVersionList).
   *
   * @returns undefined if there is no such file
   */
  list(path: ModulePath): string | undefined {
    const versions = this.versions(path)
      .filter((resident) => resident.goMod)
      .map((resident) => resident.id.version);
    if (versions.length === 0) return undefined;
    return sortVersions(
      versions.filter((version) => escapeVersion(version) === (version as string)),
    )
      .map((version) => `${version}\n`)
      .join("");
  }

  #add(resident: ResidentModule): void {
    const path = escapePath(resident.id.path);
    if (resident.zip) {
      const name = path.slice(path.lastIndexOf("/") + 1);
      const prefix = addParents(
        this.#prefixes,
        path.slice(0, Math.max(0, path.length - name.length - 1)),
      );
      append(this.#modules, prefix, `${name}@${escapeVersion(resident.id.version)}`);
    }
    append(this.#downloads, addParents(this.#downloads, path), "@v");
    const versions = this.#versions.get(resident.id.path) ?? [];
    const known = versions.findIndex(({ id }) => id.version === resident.id.version);
    if (known < 0) versions.push(resident);
    else versions[known] = union(resident, versions[known]);
    this.#versions.set(resident.id.path, versions);
  }
}

/** What two descriptions of the same version say together. */
function union(a: ResidentModule, b: ResidentModule = a): ResidentModule {
  return { id: a.id, info: a.info || b.info, goMod: a.goMod || b.goMod, zip: a.zip || b.zip };
}

function append(names: Map<string, Set<string>>, directory: string, name: string): void {
  const set = names.get(directory);
  if (set === undefined) names.set(directory, new Set([name]));
  else set.add(name);
}

function addParents(names: Map<string, Set<string>>, path: string): string {
  for (let child = path; child !== ""; ) {
    const slash = child.lastIndexOf("/");
    const parent = slash < 0 ? "" : child.slice(0, slash);
    append(names, parent, child.slice(slash + 1));
    child = parent;
  }
  return path;
}

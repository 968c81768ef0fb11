import { join, relative, sep } from "node:path";
import { isGomodfsError } from "../lib/gomodfs_error.ts";
import { escapePath, unescapePath, unescapeVersion } from "../module/escape.ts";
import type { ModulePath, ModuleVersion } from "../module/module_version.ts";
import { isModuleVersion, parseModuleVersion } from "../module/path.ts";
import { MAX_GO_MOD } from "../module/zip_rules.ts";
import { findModuleFiles, type VersionDirectory } from "./module_files.ts";
import type { Offer, OfferedModule } from "./offered_module.ts";
import { offeredFile, offeredZipFile } from "./source_file.ts";
import { readZipModule } from "./zip_module.ts";

/** A thousand times what is usual. */
const MAXIMUM_INFO = 1024 * 1024;

/** A version directory whose place tells its module. */
interface PlacedDirectory extends VersionDirectory {
  readonly path: ModulePath;
}

/** Files of one version by their extension. */
type VersionFiles = Partial<Record<"info" | "mod" | "zip", string>>;

/**
 * The modules in a directory: a GOPROXY tree (`M/@v/V.zip`, `.mod`, `.info`), at the directory itself or somewhere below,
 * and zips under any other name, which tell their module themselves.
 *
 * @throws GomodfsError as {@linkcode findModuleFiles}
 */
export function* directoryOffers(directory: string): Generator<Offer, undefined> {
  const { versionDirectories, zips } = findModuleFiles(directory);
  const loose = [...zips];
  const placed = placeDirectories(directory, versionDirectories);
  for (const [index, versions] of versionDirectories.entries()) {
    const path = placed[index];
    if (path === undefined) {
      const stray = versions.names.filter((name) => name.endsWith(".zip"));
      loose.push(...stray.map((name) => join(versions.moduleDirectory, "@v", name)));
    } else {
      yield* versionOffers({ ...versions, path });
    }
  }
  for (const zip of loose) yield looseZipOffer(zip);
}

/**
 * The module of each version directory; undefined where the place says none. A zip in one tells where the tree's root
 * is (a mirror may have its own name above it), and directories with no zip are taken to be of the same tree.
 */
function placeDirectories(
  directory: string,
  versionDirectories: readonly VersionDirectory[],
): (ModulePath | undefined)[] {
  const roots = new Set([directory]);
  const known = versionDirectories.map((versions) => {
    const path = pathByZip(versions);
    if (path === undefined) return undefined;
    roots.add(versions.moduleDirectory.slice(0, -(escapePath(path).length + 1)));
    return path;
  });
  // The deepest root that a directory is below comes first.
  const ordered = [...roots].sort((a, b) => b.length - a.length);
  return versionDirectories.map(
    ({ moduleDirectory }, index) => known[index] ?? pathByPlace(moduleDirectory, ordered),
  );
}

/** The module that the directory's first zip names, if it is in the right place for that module. */
function pathByZip({ moduleDirectory, names }: VersionDirectory): ModulePath | undefined {
  const zip = names.find((name) => name.endsWith(".zip"));
  if (zip === undefined) return undefined;
  const id = zipModule(join(moduleDirectory, "@v", zip));
  if (id === undefined) return undefined;
  const tail = escapePath(id.path).split("/").join(sep);
  return moduleDirectory.endsWith(sep + tail) ? id.path : undefined;
}

function pathByPlace(moduleDirectory: string, roots: readonly string[]): ModulePath | undefined {
  const root = roots.find((candidate) => moduleDirectory.startsWith(candidate + sep));
  if (root === undefined) return undefined;
  try {
    return unescapePath(relative(root, moduleDirectory).split(sep).join("/"));
  } catch (error) {
    if (isGomodfsError(error, "INVALID")) return undefined;
    throw error;
  }
}

function* versionOffers({
  path,
  moduleDirectory,
  names,
}: PlacedDirectory): Generator<Offer, undefined> {
  const versions = new Map<string, VersionFiles>();
  for (const name of names) {
    const [, stem, extension] = /^(.+)\.(info|mod|zip)$/.exec(name) ?? [];
    if (stem === undefined || !isExtension(extension)) continue;
    const file = join(moduleDirectory, "@v", name);
    versions.set(stem, { ...versions.get(stem), [extension]: file });
  }
  for (const [stem, files] of versions) {
    const id = versionOf(path, stem);
    if (id !== undefined) yield offerOf(id, files);
    else if (files.zip !== undefined) yield looseZipOffer(files.zip);
  }
}

/** Undefined for what is no version: a go command keeps answers about branches here too (`master.info`). */
function versionOf(path: ModulePath, stem: string): ModuleVersion | undefined {
  try {
    const version = unescapeVersion(stem);
    return isModuleVersion(path, version) ? parseModuleVersion(path, version) : undefined;
  } catch (error) {
    if (isGomodfsError(error, "INVALID")) return undefined;
    throw error;
  }
}

/** What a zip offers by itself: the module that it names. */
export function looseZipOffer(zip: string): Offer {
  try {
    return offerOf(readZipModule(zip), { zip });
  } catch (error) {
    if (isGomodfsError(error)) return { kind: "unreadable", place: zip, error };
    throw error;
  }
}

function offerOf(id: ModuleVersion, { info, mod, zip }: VersionFiles): OfferedModule {
  return {
    kind: "module",
    id,
    info: info === undefined ? undefined : offeredFile(info, MAXIMUM_INFO),
    goMod: mod === undefined ? undefined : offeredFile(mod, MAX_GO_MOD),
    zip: zip === undefined ? undefined : offeredZipFile(zip),
  };
}

/** What is wrong with a zip is said when it is taken in. */
function zipModule(path: string): ModuleVersion | undefined {
  try {
    return readZipModule(path);
  } catch (error) {
    if (isGomodfsError(error)) return undefined;
    throw error;
  }
}

function isExtension(extension: string | undefined): extension is keyof VersionFiles {
  return extension === "info" || extension === "mod" || extension === "zip";
}

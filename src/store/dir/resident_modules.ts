import { type Dirent, readdirSync } from "node:fs";
import { join } from "node:path";
import { isGomodfsError } from "../../lib/gomodfs_error.ts";
import { unescapePath, unescapeVersion } from "../../module/escape.ts";
import type { ModuleVersion } from "../../module/module_version.ts";
import { isPathPrefix, parseModuleVersion } from "../../module/path.ts";
import { cannotRead, isMissing } from "./directory_error.ts";

/** A module version of which there are files under `@v`. */
export interface DownloadedModule {
  readonly id: ModuleVersion;
  readonly info: boolean;
  readonly goMod: boolean;
  /** Whether there is a file of that name; that it was taken in completely takes more. */
  readonly zip: boolean;
}

/** Suffixes of the files that make a version known. `.ziphash`, `.lock` and `.partial` alone mean nothing. */
const PARTS: ReadonlyMap<string, Part> = new Map([
  ["info", "info"],
  ["mod", "goMod"],
  ["zip", "zip"],
]);

type Part = "info" | "goMod" | "zip";

/**
 * All that a directory like `$GOMODCACHE/cache/download` has, by the names of its files. What is named by something else
 * than a canonical version, as the go command keeps what branches were resolved to, is left out.
 *
 * @throws GomodfsError `STORE` if a directory cannot be read
 */
export function* downloadedModules(downloadDirectory: string): Generator<DownloadedModule> {
  yield* modulesBelow(downloadDirectory, []);
}

function* modulesBelow(
  directory: string,
  elements: readonly string[],
): Generator<DownloadedModule> {
  for (const entry of entriesOf(directory)) {
    if (!entry.isDirectory()) continue;
    const path = join(directory, entry.name);
    if (entry.name === "@v") yield* versionsIn(path, elements.join("/"));
    else if (isPathPrefix([...elements, entry.name])) {
      yield* modulesBelow(path, [...elements, entry.name]);
    }
  }
}

function* versionsIn(directory: string, escapedPath: string): Generator<DownloadedModule> {
  const parts = new Map<string, Set<Part>>();
  for (const { name } of entriesOf(directory)) {
    const dot = name.lastIndexOf(".");
    const part = PARTS.get(name.slice(dot + 1));
    if (dot <= 0 || part === undefined) continue;
    const version = name.slice(0, dot);
    const known = parts.get(version);
    if (known === undefined) parts.set(version, new Set([part]));
    else known.add(part);
  }
  for (const [escapedVersion, found] of parts) {
    const id = unescapeModuleVersion(escapedPath, escapedVersion);
    if (id === undefined) continue;
    yield { id, info: found.has("info"), goMod: found.has("goMod"), zip: found.has("zip") };
  }
}

function unescapeModuleVersion(path: string, version: string): ModuleVersion | undefined {
  try {
    return parseModuleVersion(unescapePath(path), unescapeVersion(version));
  } catch (error) {
    if (isGomodfsError(error, "INVALID")) return undefined;
    throw error;
  }
}

/** A directory that is not there, or went away meanwhile, has no entries. */
function entriesOf(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw cannotRead(directory, error);
  }
}

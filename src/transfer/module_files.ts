import { type Dirent, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { GomodfsError } from "../lib/gomodfs_error.ts";

/** A directory named `@v`, as a GOPROXY tree has one for each module. */
export interface VersionDirectory {
  /** The directory above `@v`. */
  readonly moduleDirectory: string;
  /** Names of the files in `@v`. */
  readonly names: readonly string[];
}

/** Files of modules below a directory. */
export interface ModuleFiles {
  readonly versionDirectories: readonly VersionDirectory[];
  /** Paths of zips elsewhere. */
  readonly zips: readonly string[];
}

/** A hundred times what a GOMODCACHE of 10,000 module versions has under `cache/download`. */
const MAXIMUM_NAMES = 5_000_000;
/** As `cache/download/sumdb`: thousands of tiles, no modules. */
const CHECKSUM_DATABASES = "sumdb";

/**
 * Finds module files below `root`. Links to files are followed, links to directories are not.
 *
 * @throws GomodfsError `UPSTREAM` if a directory cannot be read, `TOO_LARGE` for an absurd number of names
 */
export function findModuleFiles(root: string): ModuleFiles {
  const versionDirectories: VersionDirectory[] = [];
  const zips: string[] = [];
  const queue = [root];
  let names = 0;
  for (let directory = queue.pop(); directory !== undefined; directory = queue.pop()) {
    const entries = readDirectory(directory);
    names += entries.length;
    if (names > MAXIMUM_NAMES) {
      throw new GomodfsError("TOO_LARGE", `${root} has more than ${MAXIMUM_NAMES} names below it`);
    }
    for (const entry of entries) {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) {
        if (entry.name === "@v") {
          const files = fileNames(path);
          names += files.length;
          versionDirectories.push({ moduleDirectory: directory, names: files });
        } else if (directory !== root || entry.name !== CHECKSUM_DATABASES) {
          queue.push(path);
        }
      } else if (entry.name.endsWith(".zip") && isFile(path, entry)) {
        zips.push(path);
      }
    }
  }
  return { versionDirectories, zips };
}

function fileNames(directory: string): string[] {
  return readDirectory(directory)
    .filter((entry) => isFile(join(directory, entry.name), entry))
    .map(({ name }) => name);
}

function isFile(path: string, entry: Dirent): boolean {
  if (!entry.isSymbolicLink()) return entry.isFile();
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function readDirectory(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (cause) {
    throw new GomodfsError("UPSTREAM", `cannot read the directory ${directory}`, { cause });
  }
}

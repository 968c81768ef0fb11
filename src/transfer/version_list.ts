import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { GomodfsError, isGomodfsError } from "../lib/gomodfs_error.ts";
import { escapeVersion, unescapeVersion } from "../module/escape.ts";
import type { Version } from "../module/module_version.ts";
import { isCanonical } from "../module/path.ts";
import { listOfVersions } from "../module/version_list.ts";

/** What a GOPROXY tree says of the versions that it has of a module. */
export interface ListedVersions {
  /** The content of `@v/list`. */
  readonly list: string;
  /** The `.info` file that `@latest` repeats; undefined without any version. */
  readonly latest: string | undefined;
}

const EXTENSIONS = ["info", "mod", "zip"] as const;

/**
 * Lists the versions in an `@v` directory that are there as a whole: a go command that chooses from a list must get
 * what it chose.
 *
 * @param directory an absolute path
 * @throws GomodfsError `STORE` if it cannot be read
 */
export async function listVersions(directory: string): Promise<ListedVersions> {
  const names = new Set(await readNames(directory));
  const versions = [...names]
    .map(versionOfInfo)
    .filter((version) => version !== undefined)
    .filter((version) => EXTENSIONS.every((extension) => names.has(fileName(version, extension))));
  const { list, latest } = listOfVersions(versions);
  return { list, latest: latest && join(directory, fileName(latest, "info")) };
}

function versionOfInfo(name: string): Version | undefined {
  if (!name.endsWith(".info")) return undefined;
  try {
    const version = unescapeVersion(name.slice(0, -".info".length));
    return isCanonical(version) ? version : undefined;
  } catch (error) {
    if (isGomodfsError(error, "INVALID")) return undefined;
    throw error;
  }
}

function fileName(version: Version, extension: (typeof EXTENSIONS)[number]): string {
  return `${escapeVersion(version)}.${extension}`;
}

async function readNames(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return [];
    throw new GomodfsError("STORE", `cannot read the directory ${directory}`, { cause });
  }
}

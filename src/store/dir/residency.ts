import { type Stats, statSync } from "node:fs";
import { isH1 } from "../../module/h1.ts";
import type { H1 } from "../../module/module_version.ts";
import { cannotRead, isMissing } from "./directory_error.ts";
import type { ModuleCachePaths } from "./module_cache_layout.ts";
import { readSmallFile } from "./small_file.ts";

/** A hash has 47 bytes; cmd/go takes space around it away. */
const MAXIMUM_ZIP_HASH_SIZE = 1024;

/** What a GOMODCACHE has of a module's files. */
export interface Residency {
  /** What `.ziphash` says; undefined if it is missing or says nothing, as after a crash while it was written. */
  readonly h1: H1 | undefined;
  /** Whether the zip is there. */
  readonly zip: boolean;
  /** Whether the go command takes the module for extracted (DownloadDir of cmd/go/internal/modfetch/cache.go). */
  readonly extracted: boolean;
}

/** @throws GomodfsError `STORE` if that cannot be told */
export function residencyOf(paths: ModuleCachePaths): Residency {
  const h1 = readZipHash(paths.zipHash);
  return {
    h1,
    zip: statusOf(paths.zip)?.isFile() === true,
    extracted:
      h1 !== undefined &&
      statusOf(paths.directory)?.isDirectory() === true &&
      statusOf(paths.partial) === undefined,
  };
}

/**
 * The hash of a module that is resident.
 *
 * @param extracted whether its files have to be extracted too
 */
export function residentHash(paths: ModuleCachePaths, extracted: boolean): H1 | undefined {
  const found = residencyOf(paths);
  return found.zip && (found.extracted || !extracted) ? found.h1 : undefined;
}

/** Follows symbolic links; undefined if there is nothing of that name. */
export function statusOf(path: string): Stats | undefined {
  try {
    // An exception would take 15 us, the answer that there is nothing takes 2.
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw cannotRead(path, error);
  }
}

function readZipHash(path: string): H1 | undefined {
  const text = readSmallFile(path, MAXIMUM_ZIP_HASH_SIZE)?.toString("latin1").trim();
  return text !== undefined && isH1(text) ? text : undefined;
}

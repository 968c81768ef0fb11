import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { StoreBackend } from "../store/store_backend.ts";

/** Where the parts of a store lie. */
export interface StoreLocation {
  /** The directory by which people know it. */
  readonly directory: string;
  /** What holds the modules. */
  readonly backend: StoreBackend;
  /** Verified records and tiles of checksum databases, laid out as below a GOMODCACHE's `cache/download/sumdb`. */
  readonly checksums: string;
  /** Large zips on their way into the store. */
  readonly spool: string;
  /** What gomodfs notes for itself, such as the daemons that serve the store. */
  readonly state: string;
}

/** How a module cache is to be written. */
export interface ModuleCacheOptions {
  /** Directories of extracted modules keep mode 0755, as with the go command's -modcacherw. */
  readonly writableDirectories: boolean;
}

/** What a store's name begins with if it is a real GOMODCACHE. */
const MODULE_CACHE_PREFIX = "dir:";

/**
 * The parts of a store: a directory of gomodfs's own, by default `$XDG_CACHE_HOME/gomodfs`, or `dir:` and the path of a
 * real GOMODCACHE.
 *
 * @throws GomodfsError `USAGE` if neither XDG_CACHE_HOME nor a home directory is known, or no path follows `dir:`
 */
export function locateStore(
  name: string | undefined,
  environment: NodeJS.ProcessEnv,
  options: ModuleCacheOptions = { writableDirectories: false },
): StoreLocation {
  if (name?.startsWith(MODULE_CACHE_PREFIX) === true) {
    return locateModuleCache(name.slice(MODULE_CACHE_PREFIX.length), environment, options);
  }
  const directory = resolve(name ?? defaultDirectory(environment));
  return {
    directory,
    backend: { kind: "git", repository: join(directory, "git") },
    checksums: join(directory, "sumdb"),
    spool: join(directory, "spool"),
    state: directory,
  };
}

/**
 * The parts of a real GOMODCACHE as a store.
 *
 * @throws GomodfsError as {@linkcode locateStore}
 */
export function locateModuleCache(
  path: string,
  environment: NodeJS.ProcessEnv,
  { writableDirectories }: ModuleCacheOptions,
): StoreLocation {
  if (path === "") {
    throw new GomodfsError("USAGE", `${MODULE_CACHE_PREFIX} names no directory`, {
      hint: `write the path of a GOMODCACHE behind it: --store ${MODULE_CACHE_PREFIX}/var/cache/go/mod`,
    });
  }
  const directory = resolve(path);
  return {
    directory,
    backend: { kind: "dir", directory, writableDirectories },
    checksums: join(directory, "cache", "download", "sumdb"),
    ...outside(directory, environment),
  };
}

/**
 * The parts of a directory that only has what a GOMODCACHE has below `cache/download`, to be used as
 * `GOPROXY=file://DIRECTORY`. What is known of checksum databases is kept elsewhere: a proxy must not claim to be one.
 *
 * @throws GomodfsError as {@linkcode locateStore}
 */
export function locateProxyTree(path: string, environment: NodeJS.ProcessEnv): StoreLocation {
  const directory = resolve(path);
  return {
    directory,
    backend: { kind: "dir", directory, downloadDirectory: directory, extract: false },
    checksums: join(defaultDirectory(environment), "sumdb"),
    ...outside(directory, environment),
  };
}

/** Where that is kept which has no place in a directory that belongs to the go command. */
function outside(
  directory: string,
  environment: NodeJS.ProcessEnv,
): Pick<StoreLocation, "spool" | "state"> {
  const root = defaultDirectory(environment);
  const key = createHash("sha256").update(directory).digest("hex").slice(0, 32);
  return { spool: join(root, "spool"), state: join(root, "directories", key) };
}

function defaultDirectory(environment: NodeJS.ProcessEnv): string {
  const cache = environment["XDG_CACHE_HOME"];
  if (cache?.startsWith("/") === true) return join(cache, "gomodfs");
  const home = environment["HOME"] ?? homedir();
  if (home === "") {
    throw new GomodfsError(
      "USAGE",
      "cannot tell where the store is: neither XDG_CACHE_HOME nor HOME is set",
      {
        hint: "give its directory with --store DIR",
      },
    );
  }
  return join(home, ".cache", "gomodfs");
}

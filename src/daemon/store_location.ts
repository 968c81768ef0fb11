import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { GomodfsError } from "../lib/gomodfs_error.ts";

/** Where the parts of a store lie. */
export interface StoreLocation {
  readonly directory: string;
  /** The bare git repository that holds the modules. */
  readonly git: string;
  /** Verified records and tiles of checksum databases, laid out as below a GOMODCACHE's `cache/download/sumdb`. */
  readonly checksums: string;
  /** Large zips on their way into the store. */
  readonly spool: string;
}

/**
 * The parts of the store at `directory`, by default `$XDG_CACHE_HOME/gomodfs`.
 *
 * @throws GomodfsError `USAGE` if neither XDG_CACHE_HOME nor a home directory is known
 */
export function locateStore(
  directory: string | undefined,
  environment: NodeJS.ProcessEnv,
): StoreLocation {
  const root = resolve(directory ?? defaultDirectory(environment));
  return {
    directory: root,
    git: join(root, "git"),
    checksums: join(root, "sumdb"),
    spool: join(root, "spool"),
  };
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

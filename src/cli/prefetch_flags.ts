import { isAbsolute, resolve } from "node:path";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { GoSettings } from "../upstream/go_settings.ts";
import type { Verbosity } from "./prefetch_log.ts";

/** Where `gomodfs prefetch` can put modules. */
export const DESTINATIONS = ["modcache", "store", "zips"] as const;

/** Flags of `gomodfs prefetch`, as they are written. */
export interface PrefetchFlags {
  readonly concurrency: number;
  readonly verbose?: boolean;
  readonly quiet?: boolean;
  readonly dryRun?: boolean;
  readonly proxy?: string;
  readonly continueOnError?: boolean;
  readonly into?: (typeof DESTINATIONS)[number];
  readonly modcache?: string;
  readonly zips?: string;
  readonly store?: string;
  readonly all?: boolean;
  readonly toolchain?: boolean;
  readonly json?: boolean;
  readonly timings?: boolean;
  readonly directory: string;
}

/** Where modules go. Directories are absolute. */
export type PrefetchDestination =
  /** A GOMODCACHE, as the go command lays it out. */
  | { readonly kind: "modcache"; readonly directory: string; readonly writableDirectories: boolean }
  /** gomodfs's own store; the default one unless it is named. */
  | {
      readonly kind: "store";
      readonly name: string | undefined;
      readonly writableDirectories: boolean;
    }
  /** A tree of the GOPROXY protocol: `GOPROXY=file://DIRECTORY`. */
  | { readonly kind: "zips"; readonly directory: string };

/** The bound that keeps a slip of the finger from opening a connection for each module of the world. */
const MAX_CONCURRENCY = 1024;

/** The number of `--concurrency`: a whole number from 1 to 1024. */
export function parseConcurrency(text: string): number | undefined {
  const number = /^[0-9]{1,4}$/.test(text) ? Number(text) : 0;
  return number >= 1 && number <= MAX_CONCURRENCY ? number : undefined;
}

/** How much is said. */
export function verbosityOf({ quiet, verbose }: PrefetchFlags): Verbosity {
  if (quiet === true) return "quiet";
  return verbose === true ? "verbose" : "normal";
}

/**
 * Where modules go: `--into` says it, or else the flag that names a directory; otherwise the go command's GOMODCACHE.
 *
 * @param directory what relative paths are relative to, absolute
 * @throws GomodfsError `USAGE` for flags that contradict each other, or where no GOMODCACHE is known
 */
export function chooseDestination(
  flags: PrefetchFlags,
  directory: string,
  settings: Pick<GoSettings, "GOMODCACHE" | "flags">,
): PrefetchDestination {
  const named = DESTINATIONS.filter((kind) => flags[kind] !== undefined);
  const [kind = "modcache"] = flags.into === undefined ? named : [flags.into];
  const stray = named.find((other) => other !== kind);
  if (stray !== undefined) throw contradiction(kind, stray, flags.into !== undefined);
  switch (kind) {
    case "store":
      return {
        kind,
        name: flags.store === undefined ? undefined : storeName(flags.store, directory),
        writableDirectories: settings.flags.modcacherw,
      };
    case "zips":
      if (flags.zips === undefined) throw unnamedZips();
      return { kind, directory: resolve(directory, flags.zips) };
    case "modcache":
      return {
        kind,
        directory:
          flags.modcache === undefined
            ? requireModcache(settings.GOMODCACHE)
            : resolve(directory, flags.modcache),
        writableDirectories: settings.flags.modcacherw,
      };
  }
}

function storeName(name: string, directory: string): string {
  const prefix = "dir:";
  return name.startsWith(prefix)
    ? prefix + resolve(directory, name.slice(prefix.length))
    : resolve(directory, name);
}

function requireModcache(directory: string | undefined): string {
  if (directory !== undefined && isAbsolute(directory)) return directory;
  throw new GomodfsError(
    "USAGE",
    directory === undefined
      ? "no GOMODCACHE is known: neither GOMODCACHE nor GOPATH nor HOME is set"
      : `GOMODCACHE is ${directory}, which is not an absolute path`,
    { hint: "name the directory with --modcache DIR" },
  );
}

function contradiction(kind: string, stray: string, said: boolean): GomodfsError {
  const chosen = said ? `--into ${kind}` : `--${kind}`;
  return new GomodfsError("USAGE", `--${stray} does not go with ${chosen}`, {
    hint: "modules go into one place: a modcache, a store or zips",
  });
}

function unnamedZips(): GomodfsError {
  return new GomodfsError("USAGE", "--into zips needs the directory that they go into", {
    hint: "name it with --zips DIR; builds then use GOPROXY=file://DIR",
  });
}

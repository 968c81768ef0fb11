import { existsSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { type OpenedReader, openStoreReader } from "../store/store_backend.ts";
import { directoryOffers, looseZipOffer } from "./directory_source.ts";
import { findModuleFiles } from "./module_files.ts";
import type { Offer } from "./offered_module.ts";
import type { SourceKind } from "./source_kind.ts";
import { storeOffers } from "./store_source.ts";

/** Where modules are imported from. */
export interface ImportSource {
  readonly kind: SourceKind;
  /** What it has; may be read once. @throws GomodfsError if the source as a whole cannot be read */
  offers(): Iterable<Offer>;
  close(): void;
}

/** How to open an {@linkcode ImportSource}. */
export interface ImportSourceOptions {
  /** Absolute. */
  readonly path: string;
  /** Found out unless given. */
  readonly kind: SourceKind | undefined;
}

/**
 * Opens a source.
 *
 * @throws GomodfsError `USAGE` if there is nothing at the path, or not what `kind` says, or nothing that a module could
 *   come from; `STORE` or `UNSUPPORTED` for a repository that cannot be read
 */
export function openImportSource(options: ImportSourceOptions): ImportSource {
  const { path } = options;
  const stats = statOf(path);
  const kind = options.kind ?? detectKind(path, stats);
  switch (kind) {
    case "modcache":
      return openModcache(path);
    case "zips":
      return openZips(path, stats);
    case "repository":
      return openRepository(path);
  }
}

function statOf(path: string): Stats {
  try {
    return statSync(path);
  } catch (cause) {
    throw new GomodfsError("USAGE", `cannot read ${path}`, { cause });
  }
}

function detectKind(path: string, stats: Stats): SourceKind {
  if (stats.isFile()) return "zips";
  if (existsSync(join(path, "cache", "download"))) return "modcache";
  if (repositoryDirectory(path) !== undefined && hasModules(path)) return "repository";
  const { versionDirectories, zips } = findModuleFiles(path);
  if (versionDirectories.length > 0 || zips.length > 0) return "zips";
  throw new GomodfsError("USAGE", `${path} holds no Go modules`, {
    hint: "name a GOMODCACHE, a directory of module zips, or a git repository of tailscale/gomodfs or gomodfs; for an empty one say which with --from",
  });
}

function hasModules(path: string): boolean {
  const source = openRepositoryReader(path);
  try {
    return source.list().length > 0;
  } finally {
    source.close();
  }
}

function openModcache(path: string): ImportSource {
  const directory = join(path, "cache", "download");
  if (!existsSync(directory)) {
    throw new GomodfsError("USAGE", `${path} is no GOMODCACHE: it has no cache/download`, {
      hint: "name the directory that `go env GOMODCACHE` prints",
    });
  }
  return { kind: "modcache", offers: () => directoryOffers(directory), close: () => {} };
}

function openZips(path: string, stats: Stats): ImportSource {
  const offers = stats.isFile() ? () => [looseZipOffer(path)] : () => directoryOffers(path);
  return { kind: "zips", offers, close: () => {} };
}

function openRepository(path: string): ImportSource {
  const reader = openRepositoryReader(path);
  return {
    kind: "repository",
    offers: () => storeOffers(reader, path),
    close: () => reader.close(),
  };
}

function openRepositoryReader(path: string): OpenedReader {
  return openStoreReader({ kind: "git", repository: repositoryDirectory(path) ?? path });
}

/** The repository itself, a work tree's `.git`, or the `git` of a gomodfs store. */
function repositoryDirectory(path: string): string | undefined {
  const candidates = [path, join(path, ".git"), join(path, "git")];
  return candidates.find((directory) =>
    ["HEAD", "objects/pack"].every((name) => existsSync(join(directory, name))),
  );
}

import { join } from "node:path";
import { escapePath, escapeVersion } from "../../module/escape.ts";
import type { ModuleVersion } from "../../module/module_version.ts";

/** Where a GOMODCACHE has what belongs to one module version (cmd/go/internal/modfetch/cache.go, CachePath). */
export interface ModuleCachePaths {
  /** The extracted files: `$GOMODCACHE/M@V`. */
  readonly directory: string;
  /** `cache/download/M/@v`, which holds all that follows. */
  readonly downloadDirectory: string;
  readonly info: string;
  readonly goMod: string;
  readonly zip: string;
  /** The h1 hash of the zip, 47 bytes. */
  readonly zipHash: string;
  /** Whoever writes the zip or extracts it has this file locked. */
  readonly lock: string;
  /** Exists while the module is being extracted. */
  readonly partial: string;
}

/** Where to find a GOMODCACHE, or the part of one that is served as a GOPROXY. */
export interface ModuleCacheDirectories {
  /** GOMODCACHE. */
  readonly directory: string;
  /** `cache/download` of it, unless given. */
  readonly downloadDirectory?: string;
}

/** The names of a GOMODCACHE. */
export class ModuleCacheLayout {
  /** GOMODCACHE: what messages name. */
  readonly directory: string;
  /** `cache/download`. */
  readonly downloadDirectory: string;

  constructor({ directory, downloadDirectory }: ModuleCacheDirectories) {
    this.directory = directory;
    this.downloadDirectory = downloadDirectory ?? join(directory, "cache", "download");
  }

  paths({ path, version }: ModuleVersion): ModuleCachePaths {
    const escapedPath = escapePath(path);
    const escapedVersion = escapeVersion(version);
    const downloadDirectory = join(this.downloadDirectory, escapedPath, "@v");
    const file = (suffix: string): string => join(downloadDirectory, `${escapedVersion}.${suffix}`);
    return {
      directory: join(this.directory, `${escapedPath}@${escapedVersion}`),
      downloadDirectory,
      info: file("info"),
      goMod: file("mod"),
      zip: file("zip"),
      zipHash: file("ziphash"),
      lock: file("lock"),
      partial: file("partial"),
    };
  }
}

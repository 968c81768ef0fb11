import { isGomodfsError } from "../../lib/gomodfs_error.ts";
import { formatModuleVersion } from "../../module/module_version.ts";
import { virtualZipSize } from "../../module/zip/virtual_zip.ts";
import type { ResidentModule, StoreUsage } from "../module_store.ts";
import type { DirModule } from "./dir_module.ts";
import type { DirStoreReader } from "./dir_store_reader.ts";
import type { ModuleCacheLayout, ModuleCachePaths } from "./module_cache_layout.ts";
import { statusOf } from "./residency.ts";

/** Bytes on disk, and bytes in a GOMODCACHE that shows it. */
interface Sizes {
  readonly stored: number;
  readonly served: number;
}

/** What was found out about a zip, as long as its file does not change. */
interface KnownSizes extends Sizes {
  readonly modified: number;
  readonly zipSize: number;
}

const NOTHING: Sizes = { stored: 0, served: 0 };

/**
 * Adds up what modules in a GOMODCACHE take up, without a look at the contents of files: sizes are those that the file
 * system and the zips' central directories say. The latter are read once; they take a millisecond a module.
 */
export class DirUsage {
  readonly #layout: ModuleCacheLayout;
  readonly #reader: DirStoreReader;
  #known = new Map<string, KnownSizes>();

  constructor(layout: ModuleCacheLayout, reader: DirStoreReader) {
    this.#layout = layout;
    this.#reader = reader;
  }

  /** @throws GomodfsError `STORE` if a directory cannot be read */
  measure(): StoreUsage {
    const residents = this.#reader.list();
    const known = new Map<string, KnownSizes>();
    let storedBytes = 0;
    let servedBytes = 0;
    for (const resident of residents) {
      const paths = this.#layout.paths(resident.id);
      const small = smallFilesSize(paths);
      const { stored, served } = this.#sizesOf(resident, paths, known);
      storedBytes += small + stored;
      servedBytes += small + served;
    }
    this.#known = known;
    const zips = residents.filter(({ zip }) => zip).length;
    return { modules: residents.length, zips, storedBytes, servedBytes };
  }

  /** Sizes of the zip and the files in it; what had to be read is entered into `known`, as what was known before. */
  #sizesOf(
    { id, zip }: ResidentModule,
    paths: ModuleCachePaths,
    known: Map<string, KnownSizes>,
  ): Sizes {
    const status = zip ? statusOf(paths.zip) : undefined;
    if (status === undefined) return NOTHING;
    const { mtimeMs: modified, size: zipSize } = status;
    const before = this.#known.get(paths.zip);
    if (before?.modified === modified && before.zipSize === zipSize) {
      known.set(paths.zip, before);
      return before;
    }
    const module = this.#reader.openModule(id);
    if (module === undefined) return NOTHING;
    const sizes = sizesOfModule(module, zipSize);
    known.set(paths.zip, { ...sizes, modified, zipSize });
    return sizes;
  }
}

function sizesOfModule(module: DirModule, zipSize: number): Sizes {
  try {
    const { id, manifest, isExtracted } = module;
    const filesSize = manifest.totalSize;
    return {
      stored: zipSize + (isExtracted ? filesSize : 0),
      served: filesSize + virtualZipSize(`${formatModuleVersion(id)}/`, manifest),
    };
  } catch (error) {
    // Of a damaged zip no more is known; who reads the module is told.
    if (isGomodfsError(error, "STORE")) return { stored: zipSize, served: 0 };
    throw error;
  }
}

function smallFilesSize({ info, goMod, zipHash }: ModuleCachePaths): number {
  return [info, goMod, zipHash].reduce((sum, path) => sum + (statusOf(path)?.size ?? 0), 0);
}

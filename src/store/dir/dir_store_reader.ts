import type { ModuleVersion } from "../../module/module_version.ts";
import { MAX_GO_MOD } from "../../module/zip_rules.ts";
import type { ModuleReader, ResidentModule } from "../module_store.ts";
import { DirModule } from "./dir_module.ts";
import { type ModuleCacheDirectories, ModuleCacheLayout } from "./module_cache_layout.ts";
import { residencyOf } from "./residency.ts";
import { downloadedModules } from "./resident_modules.ts";
import { readSmallFile } from "./small_file.ts";

/** What a GOMODCACHE is read by. */
export interface DirStoreReaderOptions extends ModuleCacheDirectories {
  /** Whether a module must be extracted to be resident, as for the go command; true unless given. */
  readonly extract?: boolean;
}

/** A `.info` file has some hundred bytes. */
export const MAXIMUM_INFO_SIZE = 1024 * 1024;

/**
 * The reading half of a {@linkcode DirStore}. Every answer is what the directory has at that moment: nothing is kept
 * that could become wrong when a go command writes beside it.
 */
export class DirStoreReader implements ModuleReader {
  readonly #layout: ModuleCacheLayout;
  readonly #extract: boolean;

  constructor(options: DirStoreReaderOptions) {
    this.#layout = new ModuleCacheLayout(options);
    this.#extract = options.extract ?? true;
  }

  openModule(id: ModuleVersion): DirModule | undefined {
    const paths = this.#layout.paths(id);
    const { h1, zip, extracted } = residencyOf(paths);
    if (h1 === undefined || !zip || (this.#extract && !extracted)) return undefined;
    return new DirModule(id, h1, paths, extracted);
  }

  readInfo(id: ModuleVersion): Uint8Array | undefined {
    return readSmallFile(this.#layout.paths(id).info, MAXIMUM_INFO_SIZE);
  }

  readGoMod(id: ModuleVersion): Uint8Array | undefined {
    return readSmallFile(this.#layout.paths(id).goMod, MAX_GO_MOD);
  }

  list(): ResidentModule[] {
    return [...downloadedModules(this.#layout.downloadDirectory)]
      .map((found) => ({ ...found, zip: found.zip && this.openModule(found.id) !== undefined }))
      .filter(({ info, goMod, zip }) => info || goMod || zip);
  }

  refresh(): void {
    // Nothing is kept between calls.
  }

  close(): void {
    // No file stays open between calls.
  }
}

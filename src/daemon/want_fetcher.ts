import type { ModuleCache } from "../cache/module_cache.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { ModuleVersion } from "../module/module_version.ts";
import type { Want } from "../tree/want.ts";
import type { SumdbDatabase } from "./checksum_database.ts";

/** A file under `@v` that has been verified and is on its way into the store. */
export interface ArrivingFile {
  readonly id: ModuleVersion;
  readonly file: "info" | "mod";
  readonly content: Uint8Array;
}

/** Fetches what front ends over the tree are asked for that is not resident. */
export class WantFetcher {
  readonly #cache: ModuleCache;
  readonly #database: SumdbDatabase | undefined;

  /** @param database that of GOSUMDB; undefined without one */
  constructor(cache: ModuleCache, database: SumdbDatabase | undefined) {
    this.#cache = cache;
    this.#database = database;
  }

  /**
   * Sees to it that `want` can be read: from the store, or, if something is given back, from that.
   *
   * @throws GomodfsError whatever the cache or the checksum database says
   */
  async fetch(want: Want): Promise<ArrivingFile | undefined> {
    switch (want.kind) {
      case "module":
        await this.#cache.ensure(want.id, "zip");
        return undefined;
      case "info":
      case "mod":
        return {
          id: want.id,
          file: want.kind,
          content: await this.#cache.read(want.id, want.kind),
        };
      case "record":
        await this.#databaseNamed(want.database).keepRecord(want.id);
        return undefined;
      case "tile":
        await this.#databaseNamed(want.database).keepTile(want.tile);
        return undefined;
    }
  }

  #databaseNamed(name: string): SumdbDatabase {
    if (this.#database?.name === name) return this.#database;
    throw new GomodfsError("NOT_FOUND", `${name} is not the checksum database in use`);
  }
}

import { join } from "node:path";
import type { ChecksumDatabase } from "../cache/checksums.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { Logger } from "../lib/logger.ts";
import { GoSum, parseGoSum } from "../module/go_sum.ts";
import { formatModuleVersion, type H1, type ModuleVersion } from "../module/module_version.ts";
import { SumdbClient } from "../sumdb/client.ts";
import { FileCache } from "../sumdb/file_cache.ts";
import { FileConfig } from "../sumdb/file_config.ts";
import type { ChecksumDatabaseSetting } from "../sumdb/known_keys.ts";
import type { ModuleSource } from "../upstream/module_source.ts";

/** What the checksum database of a daemon is made of. */
export interface SumdbDatabaseOptions {
  readonly setting: Extract<ChecksumDatabaseSetting, { kind: "database" }>;
  readonly source: ModuleSource;
  /** Where verified records and tiles are kept. */
  readonly cacheDirectory: string;
  /** Where they are until they are complete, on the same file system; beside their places unless given. */
  readonly temporaryDirectory: string | undefined;
  /** `pkg/sumdb` in GOPATH: the signed tree head last seen, which go commands on this machine keep there too. */
  readonly configDirectory: string;
  readonly log: Logger;
}

/** The checksum database that GOSUMDB names, asked through the source. */
export class SumdbDatabase implements ChecksumDatabase {
  readonly name: string;
  readonly #source: ModuleSource;
  readonly #cache: FileCache;
  readonly #client: SumdbClient;

  constructor(options: SumdbDatabaseOptions) {
    const { setting, source, cacheDirectory, temporaryDirectory, configDirectory, log } = options;
    this.name = setting.name;
    const cache = new FileCache(cacheDirectory, temporaryDirectory);
    this.#source = source;
    this.#cache = cache;
    const config = new FileConfig(configDirectory);
    this.#client = new SumdbClient(setting.verifier, {
      readRemote: (path) => source.checksumDatabase(path),
      readConfig: (file) => config.readConfig(file),
      writeConfig: (file, old, content) => config.writeConfig(file, old, content),
      readCache: (file) => cache.readCache(file),
      writeCache: (file, content) => cache.writeCache(file, content),
      log: (message) => log.debug(message),
      securityError: (message) => log.error(message),
    });
  }

  async lookup(id: ModuleVersion): Promise<{ readonly zip: H1; readonly goMod: H1 }> {
    const lines = await this.#client.lookup(id);
    const sums = new GoSum(parseGoSum(lines.join("\n"), this.name));
    const [zip] = sums.hashes(id, "zip");
    const [goMod] = sums.hashes(id, "goMod");
    if (zip !== undefined && goMod !== undefined) return { zip, goMod };
    throw new GomodfsError(
      "UNVERIFIED",
      `the record of ${formatModuleVersion(id)} in ${this.name} lacks a hash`,
    );
  }

  /** Sees to it that the record of a module version is in the cache directory. */
  async keepRecord(id: ModuleVersion): Promise<void> {
    await this.#client.lookup(id);
    await this.#client.flush();
  }

  /**
   * Sees to it that a tile is in the cache directory, for a go command that proves a record in another tree than this
   * client has seen. Whoever reads a tile authenticates it against a signed tree: nothing is believed for being there.
   */
  async keepTile(tile: string): Promise<void> {
    const content = await this.#source.checksumDatabase(`/${tile}`);
    await this.#cache.writeCache(`${this.name}/${tile}`, content);
  }

  /** Resolves when all that was proven is in the cache. */
  async close(): Promise<void> {
    await this.#client.flush();
  }
}

/** `pkg/sumdb` of the first GOPATH, where cmd/go keeps tree heads; without a GOPATH, a directory of the store. */
export function sumdbConfigDirectory(gopath: string | undefined, fallback: string): string {
  const first = gopath?.split(":")[0];
  return first === undefined || first === ""
    ? join(fallback, "heads")
    : join(first, "pkg", "sumdb");
}

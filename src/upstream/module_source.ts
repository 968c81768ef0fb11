import type { ModulePath, ModuleVersion } from "../module/module_version.ts";
import type { ZipBytes } from "../store/module_store.ts";

/**
 * Where modules come from. Answers are what the source said, bounded in size but not verified.
 *
 * Every method throws GomodfsError: `NOT_FOUND` when the source says that there is no such thing, `FORBIDDEN` when
 * settings forbid asking, `TOO_LARGE` past a bound, otherwise `UPSTREAM` or `TIMEOUT`.
 */
export interface ModuleSource {
  /** The `.info` file of a version. */
  info(id: ModuleVersion): Promise<Uint8Array>;
  /** The `.mod` file, at most 16 MiB. */
  goMod(id: ModuleVersion): Promise<Uint8Array>;
  /** The module zip, at most 500 MiB; in memory when small, otherwise spooled to a file that the caller removes. */
  zip(id: ModuleVersion): Promise<ZipBytes>;
  /** The body of `@v/list`. */
  versions(path: ModulePath): Promise<Uint8Array>;
  /** The body of `@latest`. */
  latest(path: ModulePath): Promise<Uint8Array>;
  /** A path of the checksum database's protocol (`/lookup/M@V`, `/tile/...`, `/latest`), through the proxies or directly. */
  checksumDatabase(path: string): Promise<Uint8Array>;
}

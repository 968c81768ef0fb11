import type { ModulePath, ModuleVersion } from "../module/module_version.ts";
import type { Priority, ZipBytes } from "../store/module_store.ts";

export type { Priority } from "../store/module_store.ts";

/** Who gave an answer. */
export type Origin =
  /** One of the proxies of GOPROXY, or the checksum database itself; its URL, fit for messages. */
  | { readonly kind: "proxy"; readonly name: string }
  /** The module's own version control. */
  | { readonly kind: "direct" };

/** How to ask a {@linkcode ModuleSource}. */
export interface FetchOptions {
  /** Told once, before the promise fulfils. */
  readonly onOrigin?: (origin: Origin) => void;
  /** `demand` unless given. Requests on demand overtake those that fetch ahead. */
  readonly priority?: Priority;
  /** Gives up: the promise rejects with GomodfsError `CANCELLED` and what was begun is removed. */
  readonly signal?: AbortSignal;
}

/**
 * Where modules come from. Answers are what the source said, bounded in size but not verified.
 *
 * Every method throws GomodfsError: `NOT_FOUND` when the source says that there is no such thing, `FORBIDDEN` when
 * settings forbid asking, `TOO_LARGE` past a bound, `CANCELLED` when the signal said so, `UNSUPPORTED` where only
 * version control could answer, otherwise `UPSTREAM` or `TIMEOUT`.
 */
export interface ModuleSource {
  /** The `.info` file of a version. */
  info(id: ModuleVersion, options?: FetchOptions): Promise<Uint8Array>;
  /** The `.mod` file, at most 16 MiB. */
  goMod(id: ModuleVersion, options?: FetchOptions): Promise<Uint8Array>;
  /** The module zip, at most 500 MiB; in memory when small, otherwise spooled to a file that the caller removes. */
  zip(id: ModuleVersion, options?: FetchOptions): Promise<ZipBytes>;
  /** The body of `@v/list`. */
  versions(path: ModulePath, options?: FetchOptions): Promise<Uint8Array>;
  /** The body of `@latest`. */
  latest(path: ModulePath, options?: FetchOptions): Promise<Uint8Array>;
  /**
   * The body of `@v/REVISION.info` for what is no canonical version: a branch, a tag, a commit. It names the version that
   * the revision is.
   */
  revision(path: ModulePath, revision: string, options?: FetchOptions): Promise<Uint8Array>;
  /** A path of the checksum database's protocol (`/lookup/M@V`, `/tile/...`, `/latest`), through the proxies or directly. */
  checksumDatabase(path: string, options?: FetchOptions): Promise<Uint8Array>;
}

/** Where modules come from that no proxy is to be asked for: their own version control. */
export type VersionControlSource = Omit<ModuleSource, "checksumDatabase">;

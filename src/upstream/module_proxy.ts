import { GomodfsError } from "../lib/gomodfs_error.ts";
import { escapePath, escapeVersion } from "../module/escape.ts";
import {
  formatModuleVersion,
  type ModulePath,
  type ModuleVersion,
} from "../module/module_version.ts";
import type { ZipBytes } from "../store/module_store.ts";
import { maxGoModBytes, maxInfoBytes, maxListBytes, maxZipBytes } from "./module_limits.ts";
import type { FetchOptions } from "./module_source.ts";

/** A full tile of hashes has 8 KiB, a data tile 256 records. */
const maxChecksumDatabaseBytes = 4 << 20;

/** How to reach the files of one GOPROXY. Paths are escaped and relative: `github.com/!azure/x/@v/v1.0.0.mod`. */
export interface ProxyTransport {
  /** The proxy's URL, fit for messages. */
  readonly name: string;
  /** The file, at most `maxBytes`. @throws GomodfsError as {@linkcode ModuleSource} says */
  read(path: string, maxBytes: number, options?: FetchOptions): Promise<Uint8Array>;
  /** The zip at `path`, at most `maxBytes`; a file that it is spooled to belongs to the caller. */
  readZip(path: string, maxBytes: number, options?: FetchOptions): Promise<ZipBytes>;
}

/**
 * One proxy of the GOPROXY protocol (https://go.dev/ref/mod#goproxy-protocol). Its methods are those of ModuleSource,
 * answered by this proxy alone.
 */
export class ModuleProxy {
  readonly #transport: ProxyTransport;

  constructor(transport: ProxyTransport) {
    this.#transport = transport;
  }

  /** The proxy's URL, fit for messages. */
  get name(): string {
    return this.#transport.name;
  }

  async info(id: ModuleVersion, options?: FetchOptions): Promise<Uint8Array> {
    const info = await this.#transport.read(`${filesOf(id)}.info`, maxInfoBytes, options);
    const version = this.#versionIn(info, formatModuleVersion(id));
    if (version !== id.version) {
      throw new GomodfsError(
        "UPSTREAM",
        `${this.#transport.name} returned the .info of version ${JSON.stringify(version)} for ${formatModuleVersion(id)}`,
      );
    }
    return info;
  }

  async goMod(id: ModuleVersion, options?: FetchOptions): Promise<Uint8Array> {
    return await this.#transport.read(`${filesOf(id)}.mod`, maxGoModBytes, options);
  }

  async zip(id: ModuleVersion, options?: FetchOptions): Promise<ZipBytes> {
    return await this.#transport.readZip(`${filesOf(id)}.zip`, maxZipBytes, options);
  }

  async versions(path: ModulePath, options?: FetchOptions): Promise<Uint8Array> {
    return await this.#transport.read(`${escapePath(path)}/@v/list`, maxListBytes, options);
  }

  async latest(path: ModulePath, options?: FetchOptions): Promise<Uint8Array> {
    const info = await this.#transport.read(`${escapePath(path)}/@latest`, maxInfoBytes, options);
    this.#versionIn(info, `${path}@latest`);
    return info;
  }

  async revision(path: ModulePath, revision: string, options?: FetchOptions): Promise<Uint8Array> {
    const file = `${escapePath(path)}/@v/${escapeVersion(revision)}.info`;
    const info = await this.#transport.read(file, maxInfoBytes, options);
    this.#versionIn(info, `${path}@${revision}`);
    return info;
  }

  /** A path of the database called `database` (`/supported`, `/lookup/M@V`), which the proxy may or may not offer. */
  async checksumDatabase(
    database: string,
    path: string,
    options?: FetchOptions,
  ): Promise<Uint8Array> {
    const file = `sumdb/${database}${path}`;
    return await this.#transport.read(file, maxChecksumDatabaseBytes, options);
  }

  #versionIn(info: Uint8Array, what: string): string {
    const version = versionOfInfo(info);
    if (version !== undefined) return version;
    throw new GomodfsError(
      "UPSTREAM",
      `${this.#transport.name} returned something that is no .info file for ${what}`,
      { hint: "if a login page answered instead of the proxy, check GOPROXY and your credentials" },
    );
  }
}

function filesOf({ path, version }: ModuleVersion): string {
  return `${escapePath(path)}/@v/${escapeVersion(version)}`;
}

function versionOfInfo(info: Uint8Array): string | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder().decode(info));
  } catch {
    return undefined;
  }
  if (typeof parsed !== "object" || parsed === null || !("Version" in parsed)) return undefined;
  return typeof parsed.Version === "string" ? parsed.Version : undefined;
}

import { GomodfsError } from "../../lib/gomodfs_error.ts";
import {
  formatModuleVersion,
  type ModulePath,
  type ModuleVersion,
  type Version,
} from "../../module/module_version.ts";
import { formatRevisionInfo, type RevisionInfo } from "../../module/revision_info.ts";
import type { ZipBytes } from "../../store/module_store.ts";
import type { FetchOptions, VersionControlSource } from "../module_source.ts";
import { SharedFlights } from "../shared_flights.ts";
import type { CodeHostOptions } from "./code_host.ts";
import { formatInfoFile } from "./code_repository/info_file.ts";
import { type LatestQuery, latestVersion, type ModuleVersions } from "./latest_version.ts";

/** The versions of one module in a repository: what a ModuleRepository gives. */
export interface VersionedModule extends ModuleVersions {
  zip(version: Version, spoolDirectory: string, options?: CodeHostOptions): Promise<ZipBytes>;
}

/** What the GOPROXY protocol says of one module, told from its repository. Same questions at one time are asked once. */
export class CodeRepositorySource implements VersionControlSource {
  readonly #module: VersionedModule;
  readonly #spoolDirectory: string;
  readonly #flights = new SharedFlights<Uint8Array>();

  /** @param spoolDirectory where zips are made */
  constructor(module: VersionedModule, spoolDirectory: string) {
    this.#module = module;
    this.#spoolDirectory = spoolDirectory;
  }

  async info(id: ModuleVersion, { signal }: FetchOptions = {}): Promise<Uint8Array> {
    return await this.#flights.join(`info ${id.version}`, signal, async (flight) => {
      const info = await this.#module.stat(id.version, { signal: flight });
      if (info.version === id.version) return formatInfoFile(info);
      // cmd/go/internal/modfetch/proxy.go, `Stat`: a version that is asked for must not become another one.
      throw new GomodfsError(
        "NOT_FOUND",
        `${formatModuleVersion(id)}: invalid version: resolves to version ${info.version}`,
      );
    });
  }

  async goMod(id: ModuleVersion, { signal }: FetchOptions = {}): Promise<Uint8Array> {
    return await this.#flights.join(`mod ${id.version}`, signal, async (flight) => {
      return await this.#module.goMod(id.version, { signal: flight });
    });
  }

  /** Not shared: the file is the caller's. */
  async zip(id: ModuleVersion, { signal }: FetchOptions = {}): Promise<ZipBytes> {
    return await this.#module.zip(id.version, this.#spoolDirectory, { signal });
  }

  async versions(_path: ModulePath, { signal }: FetchOptions = {}): Promise<Uint8Array> {
    return await this.#flights.join("versions", signal, async (flight) => {
      const versions = await this.#module.versions({ signal: flight });
      return Buffer.from(versions.map((version) => `${version}\n`).join(""));
    });
  }

  async latest(path: ModulePath, options: FetchOptions = {}): Promise<Uint8Array> {
    return await this.#latest(path, "latest", options);
  }

  /** Version queries are answered as `go list -m PATH@QUERY` answers them, as far as they can stand in a URL. */
  async revision(
    path: ModulePath,
    revision: string,
    options: FetchOptions = {},
  ): Promise<Uint8Array> {
    if (isLatestQuery(revision)) return await this.#latest(path, revision, options);
    return await this.#flights.join(`revision ${revision}`, options.signal, async (signal) => {
      return encode(await this.#module.stat(revision, { signal }));
    });
  }

  async #latest(path: ModulePath, query: LatestQuery, options: FetchOptions): Promise<Uint8Array> {
    return await this.#flights.join(`latest ${query}`, options.signal, async (signal) => {
      return encode(await latestVersion(path, this.#module, query, { signal }));
    });
  }
}

/** cmd/go/internal/modload/query.go, `newQueryMatcher`: such a query never means a branch or a tag. */
function isLatestQuery(revision: string): revision is LatestQuery {
  return revision === "latest" || /^v(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*))?$/.test(revision);
}

function encode(info: RevisionInfo): Uint8Array {
  return Buffer.from(formatRevisionInfo(info));
}

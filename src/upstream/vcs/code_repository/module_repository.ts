import { synthesizeGoMod } from "../../../module/go_mod.ts";
import type { ModuleVersion, Version } from "../../../module/module_version.ts";
import { parseModuleVersion } from "../../../module/path.ts";
import { isPseudoVersion } from "../../../module/pseudo.ts";
import type { Origin, RevisionInfo } from "../../../module/revision_info.ts";
import { normalizeTime } from "../../../module/rfc3339.ts";
import type { ZipBytes } from "../../../store/module_store.ts";
import type { CodeHost, CodeHostOptions, Revision } from "../code_host.ts";
import {
  locateModule,
  type ModuleLocation,
  type ModulePlace,
  revisionOf,
} from "./module_location.ts";
import { makeModuleZip } from "./module_zip.ts";
import { invalidVersion, namingVersion } from "./version_error.ts";
import { listVersions } from "./version_list.ts";
import { type ResolvedVersion, VersionResolver } from "./version_resolver.ts";

/** What a {@linkcode ModuleRepository} is made of. */
export interface ModuleRepositoryOptions extends ModulePlace {
  readonly host: CodeHost;
}

/**
 * The versions of one module in one repository of version control, as cmd/go makes them
 * (codeRepo of cmd/go/internal/modfetch/coderepo.go).
 *
 * Every method throws GomodfsError: `NOT_FOUND` for what is no version of the module, whatever it is instead, and where
 * the repository has no such thing; otherwise as {@linkcode CodeHost} does.
 */
export class ModuleRepository {
  readonly #host: CodeHost;
  readonly #location: ModuleLocation;

  /** @throws GomodfsError `INVALID` where the repository cannot have the module */
  constructor(options: ModuleRepositoryOptions) {
    this.#host = options.host;
    this.#location = locateModule(options);
  }

  /** The tagged versions, ascending, retracted ones among them. */
  async versions(options: CodeHostOptions = {}): Promise<Version[]> {
    return await listVersions(this.#host, this.#location, options);
  }

  /** The version that a tag, a branch, a commit or a version's own name means. */
  async stat(name: string, options: CodeHostOptions = {}): Promise<RevisionInfo> {
    if (name === "latest") return await this.latest(options);
    return await this.#info(await this.#resolve(name, options), name, options);
  }

  /** The version of the newest commit of the default branch. */
  async latest(options: CodeHostOptions = {}): Promise<RevisionInfo> {
    const revision = await this.#host.latest(options);
    return await this.#info(await this.#convert(revision, "", options), "", options);
  }

  /** The go.mod file of a version, one made up for it if it has none. */
  async goMod(version: Version, options: CodeHostOptions = {}): Promise<Uint8Array> {
    const { directory } = await this.#resolveExactly(version, options);
    return directory.goMod ?? Buffer.from(synthesizeGoMod(this.#location.path));
  }

  /**
   * The zip of a version, of at most 500 MiB, in a file that the caller removes. Its h1 is that of the zip which the go
   * command makes.
   *
   * @param spoolDirectory where the file is, and for a time another one of the same size; made if it is not there
   */
  async zip(
    version: Version,
    spoolDirectory: string,
    options: CodeHostOptions = {},
  ): Promise<ZipBytes> {
    const { revision, directory } = await this.#resolveExactly(version, options);
    const request = {
      id: this.#id(version),
      host: this.#host,
      commit: revision.name,
      directory: directory.directory,
      spoolDirectory,
    };
    return await makeModuleZip(request, options);
  }

  /** Pseudo-versions are checked as when they are asked for, so that no bogus one has files. */
  async #resolveExactly(version: Version, options: CodeHostOptions): Promise<ResolvedVersion> {
    const resolved = await this.#resolve(this.#id(version).version, options);
    if (resolved.version === version) return resolved;
    const reason = `resolves to version ${resolved.version}`;
    throw invalidVersion(this.#location.path, version, reason);
  }

  #id(version: Version): ModuleVersion {
    return parseModuleVersion(this.#location.path, version);
  }

  async #resolve(name: string, options: CodeHostOptions): Promise<ResolvedVersion> {
    let revision: Revision;
    try {
      revision = await this.#host.stat(revisionOf(this.#location, name), options);
    } catch (error) {
      throw namingVersion(this.#location.path, name, error);
    }
    return await this.#convert(revision, name, options);
  }

  async #convert(
    revision: Revision,
    requested: string,
    options: CodeHostOptions,
  ): Promise<ResolvedVersion> {
    const { path } = this.#location;
    const resolver = new VersionResolver(this.#host, this.#location, revision, requested, options);
    const resolved = await resolver.resolve();
    // A date that RFC 3339 cannot say (git knows years past 9999) would be an .info file that nobody reads.
    if (/^\d{4}-/.test(revision.time.toISOString())) return resolved;
    throw invalidVersion(path, resolved.version, "the time of its commit is out of range");
  }

  async #info(
    { version, revision }: ResolvedVersion,
    requested: string,
    options: CodeHostOptions,
  ): Promise<RevisionInfo> {
    return {
      version,
      time: normalizeTime(revision.time.toISOString()),
      origin: await this.#origin(version, revision, requested, options),
    };
  }

  /** Which tags there are decides what pseudo-version a commit has, so their sum is told with it. */
  async #origin(
    version: string,
    { origin }: Revision,
    requested: string,
    options: CodeHostOptions,
  ): Promise<Origin> {
    const { directory, tagPrefix, pathMajor } = this.#location;
    const own = directory === "" ? origin : { ...origin, Subdir: directory };
    const dependsOnTags =
      isPseudoVersion(version) && (version !== requested || !version.startsWith("v0.0.0-"));
    if (!dependsOnTags) return own;
    const prefix = pathMajor === "" ? tagPrefix : `${tagPrefix}${pathMajor.slice(1)}.`;
    const {
      TagPrefix = "",
      TagSum = "",
      RepoSum = "",
    } = (await this.#host.tags(prefix, options)).origin;
    return {
      ...own,
      ...(TagPrefix !== "" && { TagPrefix }),
      ...(TagSum !== "" && { TagSum }),
      ...(RepoSum !== "" && { RepoSum }),
    };
  }
}

import { GomodfsError, isGomodfsError } from "../../../lib/gomodfs_error.ts";
import { canonicalVersion, matchPathMajor, pathMajorPrefix } from "../../../module/path_major.ts";
import { isPseudoVersion, pseudoVersion } from "../../../module/pseudo.ts";
import { quote } from "../../../module/quote.ts";
import { compare, major } from "../../../module/semver.ts";
import type { CodeHost, CodeHostOptions, Revision } from "../code_host.ts";
import { IncompatibleVersions } from "./incompatible_versions.ts";
import { findModuleDirectory, type ModuleDirectory } from "./module_directory.ts";
import { type ModuleLocation, withoutIncompatible } from "./module_location.ts";
import { checkPseudoVersion } from "./pseudo_version_check.ts";
import { type IsRetracted, readRetractedVersions } from "./retracted_versions.ts";
import { invalidVersion } from "./version_error.ts";
import { tagVersion } from "./version_tag.ts";

/** The version that a revision is, and where its files are. */
export interface ResolvedVersion {
  readonly version: string;
  readonly revision: Revision;
  readonly directory: Extract<ModuleDirectory, { kind: "found" }>;
}

/** Major versions of +incompatible tags that are looked at, two questions to the host each, before it becomes absurd. */
const MAX_MAJORS = 100;

/**
 * Finds the canonical version of one revision: a tag's if it has a fitting one, otherwise a pseudo-version that follows
 * the highest tag in its history (codeRepo.convert of cmd/go/internal/modfetch/coderepo.go, the messages too).
 */
export class VersionResolver {
  readonly #host: CodeHost;
  readonly #location: ModuleLocation;
  readonly #revision: Revision;
  readonly #requested: string;
  readonly #options: CodeHostOptions;
  readonly #incompatible: IncompatibleVersions;
  #retracted: Promise<IsRetracted> | undefined;

  /** @param requested what was asked for: a version, another name of the revision, or "" */
  constructor(
    host: CodeHost,
    location: ModuleLocation,
    revision: Revision,
    requested: string,
    options: CodeHostOptions,
  ) {
    this.#host = host;
    this.#location = location;
    this.#revision = revision;
    this.#requested = requested;
    this.#options = options;
    const isExplicit = requested.endsWith("+incompatible");
    this.#incompatible = new IncompatibleVersions(
      host,
      location,
      revision.name,
      isExplicit,
      options,
    );
  }

  /** @throws GomodfsError `NOT_FOUND` if no version can be had of it, otherwise as {@linkcode CodeHost} */
  async resolve(): Promise<ResolvedVersion> {
    if (isPseudoVersion(this.#requested)) return await this.#resolvePseudoVersion();
    return (
      (await this.#resolveOwnTag()) ??
      (await this.#resolveTags()) ??
      (await this.#makePseudoVersion(await this.#precedingVersion()))
    );
  }

  async #resolvePseudoVersion(): Promise<ResolvedVersion> {
    // First what the commit alone tells: the check of the tag before it may need the whole history.
    const resolved = await this.#checked(this.#requested);
    await checkPseudoVersion(
      this.#host,
      this.#location,
      this.#revision,
      this.#requested,
      this.#options,
    );
    return resolved;
  }

  /** The tag that was asked for, or whose name was found. */
  async #resolveOwnTag(): Promise<ResolvedVersion | undefined> {
    const own = tagVersion(this.#revision.version, this.#location.tagPrefix);
    if (own?.isCanonical !== true) return undefined;
    try {
      return await this.#checked(own.version);
    } catch (error) {
      if (isGomodfsError(error, "NOT_FOUND")) return undefined;
      throw error;
    }
  }

  /** The other tags of the commit: the one that means what was asked for, else the highest. */
  async #resolveTags(): Promise<ResolvedVersion | undefined> {
    let highest = "";
    let equivalent: string | undefined;
    for (const tag of this.#revision.tags) {
      const found = tagVersion(tag, this.#location.tagPrefix);
      if (found === undefined) continue;
      const { version, isCanonical } = found;
      if (this.#requested !== "" && compare(version, this.#requested) === 0) {
        if (isCanonical) return await this.#checked(version);
        // With build metadata the tag is ambiguous, but a version can follow it.
        equivalent = version;
      }
      if (isCanonical && compare(highest, version) < 0 && (await this.#isUsable(version))) {
        highest = version;
      }
    }
    if (highest !== "") return await this.#checked(highest);
    return equivalent === undefined ? undefined : await this.#makePseudoVersion(equivalent);
  }

  async #makePseudoVersion(base: string): Promise<ResolvedVersion> {
    const { time, short } = this.#revision;
    const prefix = pathMajorPrefix(this.#location.pathMajor);
    return await this.#checked(pseudoVersion(prefix, base, time, short));
  }

  /** The highest usable version in the history of the commit, "" if there is none. */
  async #precedingVersion(): Promise<string> {
    const { tagPrefix, pathMajor } = this.#location;
    const isRetracted = await this.#isRetracted();
    // The host asks about many tags and waits for none of the answers. So a major version is taken for usable until the
    // tag found is one of it: what is found at last is what it would have found with all answers at hand.
    const refused = new Set<string>();
    const isAllowed = (tag: string): boolean => {
      const version = tagVersion(tag, tagPrefix)?.version;
      if (version === undefined || isRetracted(version)) return false;
      return matchPathMajor(version, pathMajor) || !refused.has(major(version));
    };
    while (refused.size < MAX_MAJORS) {
      const { name } = this.#revision;
      const tag = await this.#host.recentTag(name, tagPrefix, isAllowed, this.#options);
      const version = tag === undefined ? "" : (tagVersion(tag, tagPrefix)?.version ?? "");
      if (version === "" || (await this.#hasUsableMajor(version))) return version;
      refused.add(major(version));
    }
    const { path } = this.#location;
    const message = `${path} has tags of more than ${MAX_MAJORS} major versions that it cannot have`;
    throw new GomodfsError("TOO_LARGE", message);
  }

  async #isUsable(version: string): Promise<boolean> {
    return (await this.#hasUsableMajor(version)) && !(await this.#isRetracted())(version);
  }

  async #hasUsableMajor(version: string): Promise<boolean> {
    return (
      matchPathMajor(version, this.#location.pathMajor) || (await this.#incompatible.allow(version))
    );
  }

  /** Asked for only where it matters: it needs another commit, that of the highest version. */
  #isRetracted(): Promise<IsRetracted> {
    this.#retracted ??= readRetractedVersions(this.#host, this.#location, this.#options);
    return this.#retracted;
  }

  /**
   * Checks that the commit may have this version, and adds `+incompatible` where it has to be (checkCanonical).
   *
   * @param version canonical, of a tag of the commit or a pseudo-version of it
   */
  async #checked(version: string): Promise<ResolvedVersion> {
    const { path } = this.#location;
    const { name } = this.#revision;
    const directory = await findModuleDirectory(
      this.#host,
      this.#location,
      name,
      version,
      this.#options,
    );
    if (directory.kind === "absent") throw invalidVersion(path, version, directory.reason);
    const asked = version === withoutIncompatible(this.#requested) ? this.#requested : version;
    const { suffixed, problem } = await this.#withSuffix(asked);
    this.#checkRequested(suffixed);
    if (problem !== undefined) throw invalidVersion(path, suffixed, problem);
    return { version: suffixed, revision: this.#revision, directory };
  }

  /** The version with the suffix `+incompatible` if it needs one, and why it cannot be had at all. */
  async #withSuffix(version: string): Promise<{ suffixed: string; problem?: string }> {
    const { pathMajor, pathPrefix } = this.#location;
    const base = withoutIncompatible(version);
    if (matchPathMajor(base, pathMajor)) {
      if (base === version) return { suffixed: version };
      const problem = `+incompatible suffix not allowed: major version ${major(version)} is compatible`;
      return { suffixed: version, problem };
    }
    if (await this.#incompatible.allow(base)) return { suffixed: `${base}+incompatible` };
    const problem =
      pathMajor === ""
        ? `module contains a go.mod file, so module path must match major version (${quote(`${pathPrefix}/${major(version)}`)})`
        : "module path includes a major version suffix, so major version must match";
    return { suffixed: version, problem };
  }

  /** Whoever asks for a canonical version wants that one, not the version of a branch with its name. */
  #checkRequested(version: string): void {
    const requested = this.#requested;
    if (requested === "" || requested !== canonicalVersion(requested)) return;
    const base = withoutIncompatible(requested);
    if (base === withoutIncompatible(version)) return;
    const problem = `resolves to version ${version} (${base} is not a tag)`;
    throw invalidVersion(this.#location.path, requested, problem);
  }
}

import { major } from "../../../module/semver.ts";
import { MAX_GO_MOD } from "../../../module/zip_rules.ts";
import type { CodeHost, CodeHostOptions } from "../code_host.ts";
import type { ModuleLocation } from "./module_location.ts";
import { readOptionalFile } from "./optional_file.ts";

/**
 * Says which versions of v2 and higher a commit may have with the suffix `+incompatible`: those of a repository without
 * a go.mod file at its root and in the directory of the major version (canUseIncompatible of
 * cmd/go/internal/modfetch/coderepo.go).
 */
export class IncompatibleVersions {
  readonly #host: CodeHost;
  readonly #location: ModuleLocation;
  readonly #commit: string;
  readonly #isExplicit: boolean;
  readonly #options: CodeHostOptions;
  /** Directory to whether it has a go.mod file. */
  readonly #known = new Map<string, boolean>();

  /**
   * @param commit its complete name
   * @param isExplicit whether somebody asked for a version with the suffix: then only the root counts, as it did for the
   *   go commands that wrote it into go.mod files (go.dev/issue/51324)
   */
  constructor(
    host: CodeHost,
    location: ModuleLocation,
    commit: string,
    isExplicit: boolean,
    options: CodeHostOptions,
  ) {
    this.#host = host;
    this.#location = location;
    this.#commit = commit;
    this.#isExplicit = isExplicit;
    this.#options = options;
  }

  /** Whether the commit may have the version, given without the suffix. */
  async allow(version: string): Promise<boolean> {
    const { directory, pathMajor } = this.#location;
    // A module below the root has a go.mod file, and a path with a major version has to match.
    if (directory !== "" || pathMajor !== "" || (await this.#hasGoMod(""))) return false;
    return this.#isExplicit || !(await this.#hasGoMod(`${major(version)}/`));
  }

  async #hasGoMod(directory: string): Promise<boolean> {
    const known = this.#known.get(directory);
    if (known !== undefined) return known;
    const file = `${directory}go.mod`;
    const bytes = await readOptionalFile(this.#host, this.#commit, file, MAX_GO_MOD, this.#options);
    this.#known.set(directory, bytes !== undefined);
    return bytes !== undefined;
  }
}

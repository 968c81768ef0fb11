import { ModuleVersions, type VersionSource } from "../graph/module_versions.ts";
import { GomodfsError, isGomodfsError } from "../lib/gomodfs_error.ts";
import type { ModulePath, ModuleVersion } from "../module/module_version.ts";
import { isModuleVersion, parseModulePath, parseModuleVersion } from "../module/path.ts";
import { canonicalVersion } from "../module/path_major.ts";
import { parseRevisionInfo } from "../module/revision_info.ts";
import { parseVersionQuery } from "../module/version_query.ts";
import type { ModuleSource } from "../upstream/module_source.ts";

/** A module as a command line names it. */
export type ModuleQuery =
  /** At a version. */
  | { readonly kind: "version"; readonly id: ModuleVersion }
  /** At one of its versions: `latest`, `v1.2`, `<v1.5`. */
  | { readonly kind: "choice"; readonly path: ModulePath; readonly query: string }
  /** At a branch, a tag or a commit, or at a version that its source may call otherwise. */
  | { readonly kind: "revision"; readonly path: ModulePath; readonly revision: string };

/** What a query asks. */
export interface QuerySource extends VersionSource {
  readonly source: VersionSource["source"] & Pick<ModuleSource, "revision">;
}

/**
 * Reads `MODULE@QUERY`, where a query is what the go command takes for one without knowing a current version
 * (golang.org/ref/mod#version-queries).
 *
 * @returns undefined for text without an "@", which names a file or directory
 * @throws GomodfsError `USAGE` if it is neither
 */
export function parseModuleQuery(text: string): ModuleQuery | undefined {
  const at = text.indexOf("@");
  if (at < 0) return undefined;
  const query = text.slice(at + 1);
  try {
    const path = parseModulePath(text.slice(0, at));
    return isModuleVersion(path, query)
      ? { kind: "version", id: parseModuleVersion(path, query) }
      : parseOtherQuery(path, query);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : "";
    throw new GomodfsError("USAGE", `${text} does not name a module version: ${reason}`, {
      hint: "write MODULE@QUERY with a version such as v1.2.3 or v1.2, a range such as <v1.5.0, latest, or a branch, tag or commit",
      cause,
    });
  }
}

/**
 * The module version that a query means; one that is chosen is not retracted.
 *
 * @throws GomodfsError `NOT_FOUND` if there is none, and what the source throws
 */
export async function resolveModuleQuery(
  query: ModuleQuery,
  from: QuerySource,
): Promise<ModuleVersion> {
  switch (query.kind) {
    case "version":
      return query.id;
    case "revision":
      return await resolveRevision(query.path, query.revision, from);
    case "choice": {
      const versions = new ModuleVersions(from);
      return await versions.query(
        query.path,
        query.query,
        undefined,
        async (id) => (await versions.retraction(id)) === undefined,
      );
    }
  }
}

function parseOtherQuery(path: ModulePath, query: string): ModuleQuery {
  if (query === "" || /[\s\p{Cc}]/u.test(query)) {
    throw new GomodfsError("USAGE", "it has no version, or one with blanks");
  }
  return parseVersionQuery(path, query, undefined).kind === "choice"
    ? { kind: "choice", path, query }
    : { kind: "revision", path, revision: query };
}

/**
 * What the source calls it. Versions that differ in build metadata are equal, so where there is none with it the version
 * without it is meant (cmd/go/internal/modload, queryProxy).
 */
async function resolveRevision(
  path: ModulePath,
  revision: string,
  { source }: QuerySource,
): Promise<ModuleVersion> {
  const ask = async (name: string): Promise<ModuleVersion> => {
    const { version } = parseRevisionInfo(await source.revision(path, name));
    return parseModuleVersion(path, version);
  };
  const canonical = canonicalVersion(revision);
  try {
    return await ask(revision);
  } catch (error) {
    const isElsewhere = canonical !== "" && canonical !== revision;
    if (!isElsewhere || !isGomodfsError(error, "NOT_FOUND")) throw error;
    try {
      return await ask(canonical);
    } catch (second) {
      throw isGomodfsError(second, "NOT_FOUND") ? error : second;
    }
  }
}

import { declaredModulePath } from "../../../module/go_mod.ts";
import { pathMajorPrefix, splitPathVersion } from "../../../module/path_major.ts";
import { quote } from "../../../module/quote.ts";
import { major } from "../../../module/semver.ts";
import { MAX_GO_MOD } from "../../../module/zip_rules.ts";
import type { CodeHost, CodeHostOptions } from "../code_host.ts";
import { joinDirectories, type ModuleLocation, revisionOf } from "./module_location.ts";
import { readOptionalFile } from "./optional_file.ts";

/** Where a version of a module really is. */
export type ModuleDirectory =
  | {
      readonly kind: "found";
      /** In the repository, "" for its root. */
      readonly directory: string;
      /** The go.mod file; undefined where the repository is older than modules. */
      readonly goMod: Uint8Array | undefined;
    }
  | {
      readonly kind: "absent";
      /** In the words of cmd/go. */
      readonly reason: string;
    };

/** A go.mod file and the module path that it declares, "" if it does not say. */
interface DeclaringGoMod {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly declaredPath: string;
}

/**
 * Finds the directory of a module at a commit: its place in the repository or, for a path with a major version suffix,
 * the directory of that name below it. The go.mod file has to declare a path of the right major version; that it is
 * otherwise another path is accepted, since forks stand in for modules by replacement (findDir of
 * cmd/go/internal/modfetch/coderepo.go, the messages too).
 *
 * @param commit its complete name
 * @param version for the messages
 * @throws GomodfsError as {@linkcode CodeHost}, except `NOT_FOUND`
 */
export async function findModuleDirectory(
  host: CodeHost,
  location: ModuleLocation,
  commit: string,
  version: string,
  options: CodeHostOptions,
): Promise<ModuleDirectory> {
  const read = async (directory: string): Promise<DeclaringGoMod | undefined> => {
    const file = joinDirectories(directory, "go.mod");
    const bytes = await readOptionalFile(host, commit, file, MAX_GO_MOD, options);
    if (bytes === undefined) return undefined;
    return { file, bytes, declaredPath: declaredModulePath(Buffer.from(bytes).toString()) };
  };
  const { directory } = location;
  const below = mayBeInMajorDirectory(location)
    ? joinDirectories(directory, location.pathMajor.slice(1))
    : undefined;
  const candidates = {
    outer: await read(directory),
    inner: below === undefined ? undefined : await read(below),
  };
  return chooseDirectory(location, candidates, below, version);
}

/** gopkg.in has the version in the repository's own path, and so has a go-import tag for the complete module path. */
function mayBeInMajorDirectory({ path, root, pathMajor }: ModuleLocation): boolean {
  return pathMajor !== "" && root !== path && !pathMajor.startsWith(".");
}

function chooseDirectory(
  location: ModuleLocation,
  { outer, inner }: Readonly<Record<"outer" | "inner", DeclaringGoMod | undefined>>,
  below: string | undefined,
  version: string,
): ModuleDirectory {
  const { root, pathMajor, pathPrefix, directory } = location;
  const at = `at revision ${revisionOf(location, version)}`;
  const isOuter = outer !== undefined && declaresModule(location, outer.declaredPath);
  if (below !== undefined && inner !== undefined) {
    if (!hasMajor(inner.declaredPath, pathMajor)) {
      const problem = mismatch(inner.declaredPath, `non-...${pathMajor}`);
      return absent(`${root}/${inner.file} ${problem} ${at}`);
    }
    if (!isOuter) return { kind: "found", directory: below, goMod: inner.bytes };
    const files = `${pathPrefix}/${outer.file} and ...${pathMajor}/go.mod`;
    return absent(`${files} both have ...${pathMajor} module paths ${at}`);
  }
  if (isOuter) return { kind: "found", directory, goMod: outer.bytes };
  if (outer !== undefined) {
    const elsewhere = below === undefined ? "" : ` (and ...${pathMajor}/go.mod does not exist)`;
    const problem = mismatch(outer.declaredPath, expectation(location, outer, version));
    return absent(`${outer.file} ${problem}${elsewhere} ${at}`);
  }
  if (directory === "" && (pathMajor === "" || pathMajor.startsWith("."))) {
    return { kind: "found", directory, goMod: undefined };
  }
  const also = below === undefined ? "" : ` and ...${pathMajor}/go.mod`;
  return absent(`missing ${pathPrefix}/go.mod${also} ${at}`);
}

function absent(reason: string): ModuleDirectory {
  return { kind: "absent", reason };
}

/** What is wrong with the path that a go.mod declares. */
function mismatch(declaredPath: string, kind: string): string {
  return declaredPath === ""
    ? "is missing module path"
    : `has ${kind} module path ${quote(declaredPath)}`;
}

function expectation(
  { pathMajor }: ModuleLocation,
  { declaredPath }: DeclaringGoMod,
  version: string,
): string {
  if (pathMajor !== "") return `non-...${pathMajor}`;
  return splitPathVersion(declaredPath) === undefined ? "malformed" : `post-${major(version)}`;
}

/**
 * An old bug made unversioned paths pass as replacements of gopkg.in's (golang.org/issue/34254), and go.mod files in the
 * wild rely on it.
 */
function declaresModule({ pathMajor }: ModuleLocation, declaredPath: string): boolean {
  return (
    hasMajor(declaredPath, pathMajor) || (pathMajor === "" && declaredPath.startsWith("gopkg.in/"))
  );
}

/** Whether versions of a module of this path are those that `pathMajor` demands (isMajor). */
function hasMajor(path: string, pathMajor: string): boolean {
  const parts = path === "" ? undefined : splitPathVersion(path);
  if (parts === undefined) return false;
  if (pathMajor === "") return ["", "v0", "v1"].includes(pathMajorPrefix(parts.pathMajor));
  return parts.pathMajor.slice(1) === pathMajor.slice(1);
}

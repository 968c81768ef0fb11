import { posix } from "node:path";
import { FileCollisions } from "../file_collisions.ts";
import { compareGoVersions, goLanguageVersion } from "../go_version.ts";
import { checkFilePath } from "../path.ts";
import { MAX_GO_MOD, MAX_LICENSE, MAX_NAME_LENGTH, MAX_ZIP_FILE } from "../zip_rules.ts";
import type { ZipEntryType } from "./zip_entry.ts";

/** A file that may belong into a module zip. */
export interface SourceFile {
  /** Relative to the module's root, with slashes. */
  readonly path: string;
  readonly type: ZipEntryType;
  /** Bytes of its content. */
  readonly size: number;
}

/** A file that stays out of a module zip, or that no module may have, and why. */
export interface FileProblem {
  readonly path: string;
  /** In the words of golang.org/x/mod/zip. */
  readonly reason: string;
}

/** What of a module's source tree goes into its zip (x/mod/zip CheckedFiles). */
export interface SelectedFiles<F extends SourceFile> {
  readonly valid: readonly F[];
  /** Left out without an error: of other modules, vendored, no regular files. */
  readonly omitted: readonly FileProblem[];
  /** No zip can be made of the tree with these. */
  readonly invalid: readonly FileProblem[];
  /** Given if the valid files are too large together. */
  readonly sizeProblem?: string;
}

/**
 * Selects the files of a module zip as golang.org/x/mod/zip CheckFiles does. What is selected decides a module's h1, so
 * all of its oddities are kept.
 *
 * @param goVersion of the go line in the root's go.mod, "" if there is none: what counts as vendored depends on it
 */
export function selectModuleFiles<F extends SourceFile>(
  files: readonly F[],
  goVersion: string,
): SelectedFiles<F> {
  const selection = new Selection<F>(directoriesWithGoMod(files), goVersion);
  for (const file of files) selection.add(file);
  return selection.result();
}

/** Why a file is left out, and whether no zip can be made for that. */
interface Omission {
  readonly isError: boolean;
  readonly reason: string;
}

class Selection<F extends SourceFile> {
  readonly #nested: ReadonlySet<string>;
  readonly #goVersion: string;
  readonly #collisions = new FileCollisions();
  readonly #valid: F[] = [];
  readonly #omitted: FileProblem[] = [];
  readonly #invalid: FileProblem[] = [];
  readonly #told = new Set<string>();
  #room = MAX_ZIP_FILE;
  #isTooLarge = false;

  constructor(nested: ReadonlySet<string>, goVersion: string) {
    this.#nested = nested;
    this.#goVersion = goVersion;
  }

  add(file: F): void {
    const omission = this.#judge(file);
    if (omission === undefined) this.#addRegular(file);
    else this.#tell(omission.isError ? this.#invalid : this.#omitted, file.path, omission.reason);
  }

  result(): SelectedFiles<F> {
    return {
      valid: this.#valid,
      omitted: this.#omitted,
      invalid: this.#invalid,
      ...(this.#isTooLarge && {
        sizeProblem: `module source tree too large (max size is ${MAX_ZIP_FILE} bytes)`,
      }),
    };
  }

  /** The order of the checks is that of checkFiles: a vendored file with a forbidden name is left out, not refused. */
  #judge({ path, type }: F): Omission | undefined {
    const malformed = formProblem(path);
    if (malformed !== undefined) return { isError: true, reason: malformed };
    const foreign = this.#foreignReason(path);
    if (foreign !== undefined) return { isError: false, reason: foreign };
    const problem = nameProblem(path) ?? this.#collisions.add(path, type === "directory");
    if (problem !== undefined) return { isError: true, reason: problem };
    if (type === "symlink") return { isError: false, reason: "file is a symbolic link" };
    return type === "file" ? undefined : { isError: false, reason: "not a regular file" };
  }

  #addRegular(file: F): void {
    if (file.size <= this.#room) this.#room -= file.size;
    else this.#isTooLarge = true;
    const problem = sizeProblem(file);
    if (problem !== undefined) this.#tell(this.#invalid, file.path, problem);
    else this.#valid.push(file);
  }

  #foreignReason(path: string): string | undefined {
    if (isVendored(path, this.#goVersion)) return "file is in vendor directory";
    if (this.#isInNestedModule(path)) return "file is in another module";
    return path === ".hg_archival.txt"
      ? "file is inserted by 'hg archive' and is always omitted"
      : undefined;
  }

  #isInNestedModule(path: string): boolean {
    for (let slash = path.lastIndexOf("/"); slash > 0; slash = path.lastIndexOf("/", slash - 1)) {
      if (this.#nested.has(path.slice(0, slash))) return true;
    }
    return false;
  }

  #tell(list: FileProblem[], path: string, reason: string): void {
    if (this.#told.has(path)) return;
    this.#told.add(path);
    list.push({ path, reason });
  }
}

/** Directories below the root with a regular go.mod, in whatever case: other modules. */
function directoriesWithGoMod(files: readonly SourceFile[]): ReadonlySet<string> {
  const directories = new Set<string>();
  for (const { path, type } of files) {
    const slash = path.lastIndexOf("/");
    if (slash >= 0 && type === "file" && path.slice(slash + 1).toLowerCase() === "go.mod") {
      directories.add(path.slice(0, slash));
    }
  }
  return directories;
}

/** What Go's path.Clean would change, or path.IsAbs accept. */
function formProblem(path: string): string | undefined {
  if (path.length > MAX_NAME_LENGTH) return `path is longer than ${MAX_NAME_LENGTH} characters`;
  const isClean = posix.normalize(path) === path && (path === "/" || !path.endsWith("/"));
  if (!isClean) return "file path is not clean";
  return path.startsWith("/") ? "file path is not relative" : undefined;
}

/**
 * Whether a file is in a package that is vendored: what x/mod/zip isVendoredPackage says, which until Go 1.24 was not what
 * it meant. All below a "vendor" that is not at the root counted then (golang.org/issue/37397), and vendor/modules.txt did
 * not; hashes depend on it.
 */
function isVendored(path: string, goVersion: string): boolean {
  const isCorrected = compareGoVersions(goLanguageVersion(goVersion), "1.24") >= 0;
  if (isCorrected && path === "vendor/modules.txt") return true;
  if (path.startsWith("vendor/")) return path.includes("/", "vendor/".length);
  const start = path.indexOf("/vendor/");
  if (start < 0) return false;
  return !isCorrected || path.includes("/", start + "/vendor/".length);
}

function nameProblem(path: string): string | undefined {
  try {
    checkFilePath(path);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return path !== "go.mod" && path.toLowerCase() === "go.mod"
    ? "go.mod files must have lowercase names"
    : undefined;
}

function sizeProblem({ path, size }: SourceFile): string | undefined {
  if (path === "go.mod" && size > MAX_GO_MOD) {
    return `go.mod file too large (max size is ${MAX_GO_MOD} bytes)`;
  }
  if (path === "LICENSE" && size > MAX_LICENSE) {
    return `LICENSE file too large (max size is ${MAX_LICENSE} bytes)`;
  }
  return undefined;
}

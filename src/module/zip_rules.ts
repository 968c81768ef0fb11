import { GomodfsError } from "../lib/gomodfs_error.ts";
import { FileCollisions } from "./file_collisions.ts";
import { formatModuleVersion, type ModuleVersion } from "./module_version.ts";
import { pathProblem } from "./path.ts";
import { elementProblem } from "./path_element.ts";
import { quote } from "./quote.ts";

/** Bytes of a module zip, and of its files together (x/mod/zip MaxZipFile). */
export const MAX_ZIP_FILE = 500 * 2 ** 20;
/** Bytes of a go.mod file (x/mod/zip MaxGoMod). */
export const MAX_GO_MOD = 16 * 2 ** 20;
/** Bytes of the LICENSE file at the root (x/mod/zip MaxLICENSE). */
export const MAX_LICENSE = 16 * 2 ** 20;

/** Linux's PATH_MAX: no system extracts a longer name. */
export const MAX_NAME_LENGTH = 4096;

/** An entry of a module zip as its central directory declares it. */
export interface DeclaredEntry {
  /** `M@V/name`, with a slash at the end for a directory. */
  readonly name: string;
  /** Bytes of the content. */
  readonly size: number;
}

/**
 * Checks the size of a module zip.
 *
 * @throws GomodfsError `TOO_LARGE`
 */
export function checkZipSize(id: ModuleVersion, size: number): void {
  if (size <= MAX_ZIP_FILE) return;
  const message = `module zip file of ${formatModuleVersion(id)} is too large`;
  throw new GomodfsError("TOO_LARGE", `${message} (${size} bytes; limit is ${MAX_ZIP_FILE} bytes)`);
}

/**
 * Checks the names and sizes of a module zip's entries: accepts what x/mod/zip CheckZip accepts, and so what the go
 * command extracts, up to bounds that no extracted tree reaches. Modes are not looked at, as there: the go command extracts a symbolic link as a regular file.
 *
 * @throws GomodfsError `INVALID` naming the entry and the reason
 */
export function checkZipEntries(id: ModuleVersion, entries: Iterable<DeclaredEntry>): void {
  const checker = new ZipChecker(`${formatModuleVersion(id)}/`);
  for (const entry of entries) {
    const problem = checker.check(entry);
    if (problem === undefined) continue;
    const module = formatModuleVersion(id);
    throw new GomodfsError("INVALID", `module zip of ${module}: ${quote(entry.name)}: ${problem}`);
  }
}

class ZipChecker {
  readonly #prefix: string;
  readonly #collisions = new FileCollisions();
  #size = 0;

  /** @param prefix `M@V/` */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  check(entry: DeclaredEntry): string | undefined {
    if (!entry.name.startsWith(this.#prefix))
      return `path does not have prefix ${quote(this.#prefix)}`;
    const path = entry.name.slice(this.#prefix.length);
    if (path === "") return undefined;
    if (path.length > MAX_NAME_LENGTH) return `path is longer than ${MAX_NAME_LENGTH} characters`;
    const isDirectory = path.endsWith("/");
    const name = isDirectory ? path.slice(0, -1) : path;
    // No path that passes is one that path.Clean would change, which x/mod/zip looks for first.
    const problem = this.#pathProblem(name) ?? this.#collisions.add(name, isDirectory);
    if (problem !== undefined || isDirectory) return problem;
    return goModProblem(name) ?? this.#sizeProblem(name, entry.size);
  }

  #pathProblem(name: string): string | undefined {
    const slash = name.lastIndexOf("/");
    return slash > 0 && this.#collisions.hasDirectory(name.slice(0, slash))
      ? elementProblem(name.slice(slash + 1), "file")
      : pathProblem(name, "file");
  }

  #sizeProblem(name: string, size: number): string | undefined {
    this.#size += size;
    if (this.#size > MAX_ZIP_FILE) {
      return `total uncompressed size of module contents too large (max size is ${MAX_ZIP_FILE} bytes)`;
    }
    if (name === "go.mod" && size > MAX_GO_MOD) {
      return `go.mod file too large (max size is ${MAX_GO_MOD} bytes)`;
    }
    if (name === "LICENSE" && size > MAX_LICENSE) {
      return `LICENSE file too large (max size is ${MAX_LICENSE} bytes)`;
    }
    return undefined;
  }
}

/** A go.mod below the root would make another module. */
function goModProblem(name: string): string | undefined {
  const base = name.slice(name.lastIndexOf("/") + 1);
  if (base.length !== "go.mod".length || base.toLowerCase() !== "go.mod") return undefined;
  if (base !== name) return "go.mod file not in module root directory";
  return name === "go.mod" ? undefined : "go.mod files must have lowercase names";
}

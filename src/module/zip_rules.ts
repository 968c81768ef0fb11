import { GomodfsError } from "../lib/gomodfs_error.ts";
import { foldCase } from "./case_folding.ts";
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
const MAX_NAME_LENGTH = 4096;
/**
 * Files and directories of one module. The largest modules have some ten thousands; without a bound, a zip of many deep
 * paths would ask for more memory than there is.
 */
const MAX_OCCUPANTS = 2 ** 20;

/** An entry of a module zip as its central directory declares it. */
export interface DeclaredEntry {
  /** `M@V/name`, with a slash at the end for a directory. */
  readonly name: string;
  /** Bytes of the content. */
  readonly size: number;
}

/** What stands at a path: a file, or a directory that some entry is or lies in. */
interface Occupant {
  readonly path: string;
  readonly isDirectory: boolean;
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
  readonly #occupants = new Map<string, Occupant>();
  /** Paths of directories among the occupants: with 16,000 files, asking here first halves the time. */
  readonly #directories = new Set([""]);
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
    const problem = this.#pathProblem(name) ?? this.#collision(name, isDirectory);
    if (problem !== undefined || isDirectory) return problem;
    return goModProblem(name) ?? this.#sizeProblem(name, entry.size);
  }

  #pathProblem(name: string): string | undefined {
    const slash = name.lastIndexOf("/");
    return slash > 0 && this.#directories.has(name.slice(0, slash))
      ? elementProblem(name.slice(slash + 1), "file")
      : pathProblem(name, "file");
  }

  /** File systems that fold case must be able to hold the tree (x/mod/zip collisionChecker). */
  #collision(name: string, isDirectory: boolean): string | undefined {
    for (let occupant: Occupant = { path: name, isDirectory }; ; ) {
      const key = foldCase(occupant.path);
      const other = this.#occupants.get(key);
      if (other !== undefined) return conflict(other, occupant);
      if (this.#occupants.size === MAX_OCCUPANTS)
        return `too many files (limit is ${MAX_OCCUPANTS})`;
      this.#occupants.set(key, occupant);
      if (occupant.isDirectory) this.#directories.add(occupant.path);
      const parent = occupant.path.slice(0, Math.max(0, occupant.path.lastIndexOf("/")));
      if (this.#directories.has(parent)) return undefined; // and so are its own parents
      occupant = { path: parent, isDirectory: true };
    }
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

function conflict(a: Occupant, b: Occupant): string | undefined {
  if (a.path !== b.path) {
    return `case-insensitive file name collision: ${quote(a.path)} and ${quote(b.path)}`;
  }
  if (a.isDirectory !== b.isDirectory) {
    return `entry ${quote(b.path)} is both a file and a directory`;
  }
  return b.isDirectory ? undefined : `multiple entries for file ${quote(b.path)}`;
}

/** A go.mod below the root would make another module. */
function goModProblem(name: string): string | undefined {
  const base = name.slice(name.lastIndexOf("/") + 1);
  if (base.length !== "go.mod".length || base.toLowerCase() !== "go.mod") return undefined;
  if (base !== name) return "go.mod file not in module root directory";
  return name === "go.mod" ? undefined : "go.mod files must have lowercase names";
}

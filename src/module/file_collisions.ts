import { foldCase } from "./case_folding.ts";
import { quote } from "./quote.ts";

/**
 * Files and directories of one module. The largest modules have some ten thousands; without a bound, a zip of many deep
 * paths would ask for more memory than there is.
 */
const MAX_OCCUPANTS = 2 ** 20;

/** What stands at a path: a file, or a directory that some entry is or lies in. */
interface Occupant {
  readonly path: string;
  readonly isDirectory: boolean;
}

/** Finds names that a file system which folds case could not hold beside each other (x/mod/zip collisionChecker). */
export class FileCollisions {
  readonly #occupants = new Map<string, Occupant>();
  /** Paths of directories among the occupants: with 16,000 files, asking here first halves the time. */
  readonly #directories = new Set([""]);

  /** Whether `path`, without a slash at its end, is a directory or the parent of something that was added. */
  hasDirectory(path: string): boolean {
    return this.#directories.has(path);
  }

  /**
   * Adds a path and its parents.
   *
   * @param path clean, relative, without a slash at its end
   * @returns what it collides with, in the words of x/mod/zip; undefined if with nothing
   */
  add(path: string, isDirectory: boolean): string | undefined {
    for (let occupant: Occupant = { path, isDirectory }; ; ) {
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

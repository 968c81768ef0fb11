import { chmodSync, mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { cannotWrite } from "./directory_error.ts";

const DIRECTORY_MODE = 0o777;
const WRITE_BITS = 0o222;

/** Writes a module's files as the go command extracts them (Unzip of golang.org/x/mod/zip). */
export class ModuleTreeWriter {
  readonly #root: string;
  /** Those made so far, each after the one that it is in. */
  readonly #directories = new Set<string>();

  /**
   * @param root made now; its parent exists
   * @throws GomodfsError `STORE`
   */
  constructor(root: string) {
    this.#root = root;
    this.#makeDirectory(root);
  }

  /**
   * Makes the directories that a file is to be in.
   *
   * @param name relative to the root; it must have been checked
   * @returns the file's path
   * @throws GomodfsError `STORE`
   */
  makeRoomFor(name: string): string {
    const path = join(this.#root, name);
    this.#makeDirectories(dirname(path));
    return path;
  }

  /**
   * Takes the right to write away from all directories, the innermost first (makeDirsReadOnly of cmd/go/internal/modfetch).
   *
   * @throws GomodfsError `STORE`
   */
  makeReadOnly(): void {
    try {
      // The umask, and a setgid bit of the parent, have given all of them the same mode.
      const mode = statSync(this.#root).mode & 0o7777 & ~WRITE_BITS;
      for (const directory of [...this.#directories].reverse()) chmodSync(directory, mode);
    } catch (cause) {
      throw cannotWrite(this.#root, cause);
    }
  }

  #makeDirectories(directory: string): void {
    if (this.#directories.has(directory)) return;
    this.#makeDirectories(dirname(directory));
    this.#makeDirectory(directory);
  }

  #makeDirectory(directory: string): void {
    try {
      mkdirSync(directory, DIRECTORY_MODE);
    } catch (cause) {
      throw cannotWrite(directory, cause);
    }
    this.#directories.add(directory);
  }
}

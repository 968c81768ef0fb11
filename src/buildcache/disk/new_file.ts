import { closeSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { makeDirectorySync } from "../../lib/make_directory_sync.ts";

/** A file that is written under a temporary name and then shown, whole, under its own. */
export class NewFile {
  readonly #temporary: string;
  #descriptor: number | undefined;

  /**
   * @param temporary its name until then, on the same file system; must not be there
   * @throws GomodfsError `STORE`
   */
  constructor(temporary: string, mode: number) {
    this.#temporary = temporary;
    this.#descriptor = withDirectory(temporary, () => openSync(temporary, "wx", mode));
  }

  /** @throws GomodfsError `STORE`, for a full disk above all; the file is gone then */
  write(bytes: Uint8Array): void {
    const descriptor = this.#descriptor;
    if (descriptor === undefined) throw new Error(`${this.#temporary} is closed`);
    try {
      for (let start = 0; start < bytes.length; ) {
        start += writeSync(descriptor, bytes, start, bytes.length - start);
      }
    } catch (cause) {
      this.discard();
      throw cannotWrite(this.#temporary, cause);
    }
  }

  /** Shows it at `path`, in the place of what was there. @throws GomodfsError `STORE`; the file is gone then */
  moveTo(path: string): void {
    this.#close();
    try {
      withDirectory(path, () => renameSync(this.#temporary, path));
    } catch (error) {
      rmSync(this.#temporary, { force: true });
      throw error;
    }
  }

  /** Removes it. */
  discard(): void {
    this.#close();
    rmSync(this.#temporary, { force: true });
  }

  #close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

/**
 * Writes a whole file without blocking the thread: of 170 MB, two thirds of the time are spent in the kernel.
 *
 * @param temporary its name until it is whole, on the same file system; must not be there
 * @throws GomodfsError `STORE`; nothing is left then
 */
export async function writeNewFile(
  temporary: string,
  path: string,
  bytes: Uint8Array,
  mode: number,
): Promise<void> {
  try {
    const file = await inDirectory(temporary, () => open(temporary, "wx", mode));
    try {
      await file.writeFile(bytes);
    } finally {
      await file.close();
    }
    await inDirectory(path, () => rename(temporary, path));
  } catch (cause) {
    await rm(temporary, { force: true });
    throw cannotWrite(path, cause);
  }
}

/** Most directories are there after a while: making sure of it each time would double the cost. */
function withDirectory<T>(path: string, act: () => T): T {
  try {
    try {
      return act();
    } catch (error) {
      if (!isMissing(error)) throw error;
      makeDirectorySync(dirname(path));
      return act();
    }
  } catch (cause) {
    throw cannotWrite(path, cause);
  }
}

async function inDirectory<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!isMissing(error)) throw error;
    makeDirectorySync(dirname(path));
    return await act();
  }
}

function cannotWrite(path: string, cause: unknown): GomodfsError {
  return new GomodfsError("STORE", `cannot write ${path}`, {
    hint: "see that its file system has room and that you may write there, or name another directory with --cache-dir",
    cause,
  });
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

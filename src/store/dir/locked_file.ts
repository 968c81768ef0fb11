import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { flock, LOCK_EX } from "../../lib/flock.ts";
import { GomodfsError, isGomodfsError } from "../../lib/gomodfs_error.ts";
import { cannotWrite } from "./directory_error.ts";

/** cmd/go holds the lock while it downloads, which may take minutes for a large module. */
const TIMEOUT_MILLISECONDS = 15 * 60_000;

/**
 * A file locked as cmd/go locks it (cmd/go/internal/lockedfile): opened for reading and writing, made if it is missing,
 * and flock(2)'ed. It is unlocked when it is disposed of or its process ends; the file stays, since another process may
 * wait for it.
 */
export class LockedFile implements AsyncDisposable {
  readonly #handle: FileHandle;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /**
   * Waits for the lock.
   *
   * @param path of a file in a directory that exists
   * @throws GomodfsError `STORE` if the file cannot be opened, `BUSY` if another process holds the lock for a quarter of
   *   an hour, `UNSUPPORTED` where the file system has no locks
   */
  static async open(path: string): Promise<LockedFile> {
    const handle = await openFile(path);
    try {
      await flock(handle.fd, LOCK_EX, { timeoutMs: TIMEOUT_MILLISECONDS });
      return new LockedFile(handle);
    } catch (error) {
      await handle.close();
      throw namingFile(path, error);
    }
  }

  /** The open file. */
  get handle(): FileHandle {
    return this.#handle;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDWR | constants.O_CREAT, 0o666);
  } catch (cause) {
    throw cannotWrite(path, cause);
  }
}

function namingFile(path: string, error: unknown): unknown {
  if (!isGomodfsError(error)) return error;
  return new GomodfsError(error.code, `cannot lock ${path}: ${error.message}`, {
    cause: error,
    hint: error.hint ?? "a module cache must be on a file system that has flock(2)",
  });
}

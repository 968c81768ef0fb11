import { constants } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { flock, LOCK_EX, LOCK_SH, tryFlock } from "../../../lib/flock.ts";
import { GomodfsError, isGomodfsError } from "../../../lib/gomodfs_error.ts";

/** `use` may be had by many at once, `change` by one alone. */
export type LockMode = "use" | "change";

/** How to wait for a {@linkcode RepositoryLock}. */
export interface RepositoryLockOptions {
  /** Milliseconds; 0 to not wait at all. */
  readonly timeout: number;
  readonly signal?: AbortSignal | undefined;
}

const operations = { use: LOCK_SH, change: LOCK_EX } as const;

/** A file locked with flock(2), which other processes honour. It ends when it is disposed of, or with the process. */
export class RepositoryLock implements AsyncDisposable {
  readonly #handle: FileHandle;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /**
   * Makes the file if it is missing, and locks it.
   *
   * @throws GomodfsError `BUSY` when time has run out, `CANCELLED`, `STORE`, `UNSUPPORTED`
   */
  static async acquire(
    path: string,
    mode: LockMode,
    { timeout, signal }: RepositoryLockOptions,
  ): Promise<RepositoryLock> {
    for (;;) {
      const handle = await openLockFile(path);
      try {
        await flock(handle.fd, operations[mode], {
          timeoutMs: timeout,
          ...(signal !== undefined && { signal }),
        });
        if (await isStillAt(path, handle)) return new RepositoryLock(handle);
      } catch (error) {
        await handle.close();
        throw namingFile(path, error);
      }
      await handle.close();
    }
  }

  /**
   * The lock on a file that exists, if nobody holds one; undefined otherwise.
   *
   * @throws GomodfsError `STORE`, `UNSUPPORTED`
   */
  static async tryChange(path: string): Promise<RepositoryLock | undefined> {
    const handle = await openLockFile(path);
    try {
      if ((await tryFlock(handle.fd, LOCK_EX)) && (await isStillAt(path, handle))) {
        return new RepositoryLock(handle);
      }
    } catch (error) {
      await handle.close();
      throw namingFile(path, error);
    }
    await handle.close();
    return undefined;
  }

  /** Notes that what it guards is in use now. */
  async touch(): Promise<void> {
    const now = new Date();
    await this.#handle.utimes(now, now);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

async function openLockFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  } catch (cause) {
    throw new GomodfsError("STORE", `cannot open ${path}`, { cause });
  }
}

/** Who removed what the file guards removed the file, too: a lock on that excludes nobody. */
async function isStillAt(path: string, handle: FileHandle): Promise<boolean> {
  const there = await stat(path).catch(() => undefined);
  const here = await handle.stat();
  return there !== undefined && there.ino === here.ino && there.dev === here.dev;
}

function namingFile(path: string, error: unknown): unknown {
  if (!isGomodfsError(error)) return error;
  return new GomodfsError(error.code, `cannot lock ${path}: ${error.message}`, {
    ...(error.hint !== undefined && { hint: error.hint }),
    cause: error,
  });
}

import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { LOCK_EX, tryFlock } from "../lib/flock.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";

const MAX_DIRECTORIES = 256;

/**
 * A directory for a mount that others can see, which no other living process uses. The first one that is free is taken,
 * so that one command after the other gets the same path: the path of a GOMODCACHE is part of the build cache's keys.
 */
export class MountDirectory implements AsyncDisposable {
  readonly path: string;
  readonly #lock: AsyncDisposable;

  private constructor(path: string, lock: AsyncDisposable) {
    this.path = path;
    this.#lock = lock;
  }

  /**
   * @param base a directory that only its owner may enter
   * @throws GomodfsError `BUSY` if too many are in use, `USAGE` if none can be made
   */
  static async take(base: string): Promise<MountDirectory> {
    for (let number = 0; number < MAX_DIRECTORIES; number++) {
      const path = join(base, `mount-${number}`);
      const lock = await lockFile(`${path}.lock`);
      if (lock === undefined) continue;
      await makeDirectory(path);
      return new MountDirectory(path, lock);
    }
    throw new GomodfsError(
      "BUSY",
      `all ${MAX_DIRECTORIES} mount directories in ${base} are in use`,
    );
  }

  /** Lets the next process have it. The directory stays. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lock[Symbol.asyncDispose]();
  }
}

/** The kernel gives the lock up when the process ends, however it ends. */
async function lockFile(path: string): Promise<AsyncDisposable | undefined> {
  try {
    const handle = await open(path, "a", 0o600);
    if (await tryFlock(handle.fd, LOCK_EX)) return handle;
    await handle.close();
    return undefined;
  } catch (cause) {
    throw new GomodfsError("USAGE", `cannot lock ${path}`, { cause });
  }
}

async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (cause) {
    // Not looked at more closely: it may be the root of a mount whose daemon was killed, which answers ENOTCONN.
    if (cause instanceof Error && "code" in cause && cause.code === "EEXIST") return;
    throw new GomodfsError("USAGE", `cannot make the mount directory ${path}`, { cause });
  }
}

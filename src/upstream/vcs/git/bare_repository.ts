import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { GomodfsError } from "../../../lib/gomodfs_error.ts";
import { RequestQueue } from "../../../lib/request_queue.ts";
import type { Git } from "./git.ts";
import { isDamage } from "./git_error.ts";
import { RepositoryLock } from "./repository_lock.ts";

/** git's names of hash algorithms. */
export type ObjectFormat = "sha1" | "sha256";

/** What a {@linkcode BareRepository} is made of. */
export interface BareRepositoryOptions {
  readonly git: Git;
  /** Where it is, or is to be. Beside it stands its lock, `PATH.lock`. */
  readonly path: string;
  /** The remote's name, for messages. */
  readonly name: string;
  /** Told when it has to be made. */
  readonly objectFormat: (signal: AbortSignal | undefined) => Promise<ObjectFormat>;
}

/** What git says of a repository that cannot be used as it is. */
export class DamagedRepository extends Error {
  override readonly name = "DamagedRepository";
}

/** Without it each archive would depend on the version of git and the size of the repository (golang.org/issue/27153). */
const ATTRIBUTES = "* -export-subst -export-ignore\n";
/** Of the lock that excludes other writers, in the repository. */
const WRITER_LOCK = "gomodfs.lock";
/** Commands that a writer may need one after another. */
const COMMANDS_OF_WRITER = 4;

/**
 * A bare repository on this machine that several processes share. It is made when it is needed, and made anew when it
 * turns out to be damaged. Who reads or writes keeps it from being removed; one at a time writes.
 */
export class BareRepository {
  readonly #options: BareRepositoryOptions;
  readonly #writers = new RequestQueue({ slots: 1 });

  constructor(options: BareRepositoryOptions) {
    this.#options = options;
  }

  /**
   * Runs what reads, in a directory that stays until it ends. It may throw {@linkcode DamagedRepository}: it is run once
   * more then, in a new one.
   *
   * @throws GomodfsError `STORE` if it cannot be made or is damaged again, `BUSY`, `CANCELLED`, and whatever `task` throws
   */
  async use<T>(
    signal: AbortSignal | undefined,
    task: (directory: string) => Promise<T>,
  ): Promise<T> {
    let damage: DamagedRepository | undefined;
    for (;;) {
      const before = await identity(this.#options.path);
      const attempt = await this.#attempt(signal, task);
      if ("result" in attempt) return attempt.result;
      if (damage !== undefined && attempt.damage !== undefined) {
        throw this.#failure("is damaged again and again", attempt.damage);
      }
      damage ??= attempt.damage;
      await this.#make(signal, attempt.damage && before);
    }
  }

  /**
   * Runs what writes, while nobody else does.
   *
   * @param directory from {@linkcode use}
   * @throws GomodfsError `BUSY` if another process writes for very long, `CANCELLED`, and whatever `task` throws
   */
  async write<T>(
    directory: string,
    signal: AbortSignal | undefined,
    task: () => Promise<T>,
  ): Promise<T> {
    return await this.#writers.run("demand", signal, async () => {
      await using _ = await RepositoryLock.acquire(join(directory, WRITER_LOCK), "change", {
        timeout: COMMANDS_OF_WRITER * this.#options.git.timeout,
        signal,
      });
      try {
        return await task();
      } catch (error) {
        // A git that was ended leaves what it had begun.
        await removeLeftovers(directory);
        throw error;
      }
    });
  }

  async #attempt<T>(
    signal: AbortSignal | undefined,
    task: (directory: string) => Promise<T>,
  ): Promise<{ result: T } | { damage: DamagedRepository | undefined }> {
    const { path } = this.#options;
    await makeCloneDirectory(dirname(path));
    await using lock = await this.#lock("use", signal);
    if (!(await isComplete(path))) return { damage: undefined };
    await lock.touch();
    try {
      return { result: await task(path) };
    } catch (error) {
      if (error instanceof DamagedRepository) return { damage: error };
      throw error;
    }
  }

  /** @param damaged the identity of the one that must not be there any longer */
  async #make(signal: AbortSignal | undefined, damaged: string | undefined): Promise<void> {
    const { path, objectFormat } = this.#options;
    const format = await objectFormat(signal);
    await using _ = await this.#lock("change", signal);
    // Another process may have been faster.
    if ((await isComplete(path)) && (await identity(path)) !== damaged) return;
    await removeSiblings(path);
    const fresh = `${path}.${randomUUID()}`;
    try {
      await mkdir(fresh, { mode: 0o700 });
      await this.#initialize(fresh, format, signal);
      await moveAway(path);
      await rename(fresh, path);
    } catch (error) {
      await rm(fresh, { recursive: true, force: true });
      if (error instanceof GomodfsError) throw error;
      throw this.#failure("cannot be made", error);
    }
  }

  async #initialize(
    directory: string,
    format: ObjectFormat,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    // Without templates: hooks may be among them.
    const flags = ["--quiet", "--bare", "--template=", "--initial-branch=main"];
    const { status, stderr } = await this.#options.git.run({
      args: ["init", ...flags, `--object-format=${format}`],
      directory,
      signal,
    });
    if (status !== 0) throw new Error(`git init ended with ${status}: ${stderr.slice(0, 500)}`);
    await mkdir(join(directory, "info"), { recursive: true });
    await writeFile(join(directory, "info/attributes"), ATTRIBUTES);
  }

  async #lock(mode: "use" | "change", signal: AbortSignal | undefined): Promise<RepositoryLock> {
    const timeout = COMMANDS_OF_WRITER * this.#options.git.timeout;
    return await RepositoryLock.acquire(`${this.#options.path}.lock`, mode, { timeout, signal });
  }

  #failure(problem: string, cause: unknown): GomodfsError {
    const { name, path } = this.#options;
    return new GomodfsError("STORE", `the clone of ${name} ${problem}`, {
      hint: `see whether the disk of ${dirname(path)} is full or damaged`,
      cause,
    });
  }
}

/**
 * Throws if a command of git's failed because the repository is damaged.
 *
 * @throws DamagedRepository
 */
export function checkDamage({ status, stderr }: { status: number | string; stderr: string }): void {
  if (status !== 0 && isDamage(stderr)) throw new DamagedRepository(stderr.slice(0, 500));
}

/**
 * Makes a directory for clones, which nobody else may look into.
 *
 * @throws GomodfsError `STORE`
 */
export async function makeCloneDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new GomodfsError("STORE", `cannot make the directory ${path} for clones`, { cause });
  }
}

/** Removes a repository that nobody uses, and its lock. Its lock must be held for a change. */
export async function removeRepository(path: string): Promise<void> {
  await moveAway(path);
  await removeSiblings(path);
  await rm(`${path}.lock`, { force: true });
}

/** What git itself asks for (setup.c, `is_git_directory`), and what an archive depends on. */
async function isComplete(path: string): Promise<boolean> {
  const names = ["HEAD", "config", "objects", "refs", "info/attributes"];
  const there = await Promise.all(names.map(async (name) => await identity(join(path, name))));
  return !there.includes(undefined);
}

async function identity(path: string): Promise<string | undefined> {
  const status = await stat(path, { bigint: true }).catch(() => undefined);
  return status && `${status.dev}:${status.ino}:${status.birthtimeNs}`;
}

/** So that it is never there in part. */
async function moveAway(path: string): Promise<void> {
  const away = `${path}.${randomUUID()}`;
  const isThere = await rename(path, away).then(
    () => true,
    () => false,
  );
  if (isThere) await rm(away, { recursive: true, force: true, maxRetries: 3 });
}

/** What was being made or removed when a process ended. Its lock keeps others from doing that now. */
async function removeSiblings(path: string): Promise<void> {
  const prefix = `${basename(path)}.`;
  for (const name of await readdir(dirname(path))) {
    if (!name.startsWith(prefix) || name === `${prefix}lock`) continue;
    await rm(join(dirname(path), name), { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Lock files and parts of packs. */
async function removeLeftovers(directory: string): Promise<void> {
  const places = [directory, join(directory, "objects"), join(directory, "objects/pack")];
  for (const place of places) {
    for (const name of await readdir(place).catch(() => [])) {
      const isLeftover = /^tmp_|^\.tmp-|\.lock$|^incoming-|^shallow_/.test(name);
      if (!isLeftover || name === WRITER_LOCK) continue;
      await rm(join(place, name), { recursive: true, force: true }).catch(() => undefined);
    }
  }
}

import { randomUUID } from "node:crypto";
import { link, readFile, rm, stat, unlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { isExisting, isMissing } from "./file_error.ts";
import { describeOwner, isOwnerGone } from "./lock_owner.ts";

/** How to wait for a lock. */
export interface LockOptions {
  /** Milliseconds to wait for a holder that is alive; 30,000 unless given. */
  readonly timeout?: number;
  /** Where the file is made ready before it becomes the lock; on the same file system. */
  readonly temporaryDirectory: string;
}

const DEFAULT_TIMEOUT = 30_000;
const FIRST_PAUSE = 2;
const LONGEST_PAUSE = 100;
/** A lock of git, of another machine or of another container is taken over after this many milliseconds. */
const ABANDONED_AFTER = 10 * 60_000;
/** Taking over takes two system calls; whoever takes longer died in between. */
const TAKEOVER_ABANDONED_AFTER = 10_000;

/**
 * A lock in git's manner: whoever makes the file has the lock (lockfile.h). Unlike git's it says who holds it, so that
 * the lock of a process that was killed is taken over at once instead of never.
 */
export class LockFile {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** @throws GomodfsError `BUSY` if another holds the lock for too long, `STORE` if it cannot be made */
  static async acquire(path: string, options: LockOptions): Promise<LockFile> {
    const deadline = Date.now() + (options.timeout ?? DEFAULT_TIMEOUT);
    for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      if (await makeLock(path, options.temporaryDirectory)) return new LockFile(path);
      if (await isAbandoned(path)) await takeOver(path, options.temporaryDirectory);
      else if (Date.now() >= deadline) throw await busy(path);
      else await sleep(pause * (0.5 + Math.random()));
    }
  }

  /** Shows to other machines that the holder lives; to be called every few minutes. */
  async touch(): Promise<void> {
    const now = new Date();
    await utimes(this.#path, now, now);
  }

  async release(): Promise<void> {
    await rm(this.#path, { force: true });
  }
}

/** A hard link of a file that is complete: whoever sees the lock sees its owner too. */
async function makeLock(path: string, temporaryDirectory: string): Promise<boolean> {
  const temporary = join(temporaryDirectory, `lock-${randomUUID()}`);
  try {
    await writeFile(temporary, describeOwner(), { flag: "wx" });
    await link(temporary, path);
    return true;
  } catch (error) {
    if (isExisting(error)) return false;
    throw new GomodfsError("STORE", `cannot make the lock ${path}`, { cause: error });
  } finally {
    await rm(temporary, { force: true });
  }
}

async function isAbandoned(path: string, abandonedAfter = ABANDONED_AFTER): Promise<boolean> {
  try {
    const gone = isOwnerGone(await readFile(path, "utf8"));
    return gone ?? Date.now() - (await stat(path)).mtimeMs > abandonedAfter;
  } catch (error) {
    if (isMissing(error)) return false;
    throw new GomodfsError("STORE", `cannot read the lock ${path}`, { cause: error });
  }
}

/**
 * Removes an abandoned lock. A second lock around that keeps two from doing it at once, the later of whom would remove
 * the lock that the earlier one meanwhile made for itself.
 */
async function takeOver(path: string, temporaryDirectory: string): Promise<void> {
  const guard = `${path}.takeover`;
  if (!(await makeLock(guard, temporaryDirectory))) {
    if (await isAbandoned(guard, TAKEOVER_ABANDONED_AFTER)) await rm(guard, { force: true });
    else await sleep(FIRST_PAUSE);
    return;
  }
  try {
    if (await isAbandoned(path)) await unlink(path);
  } finally {
    await rm(guard, { force: true });
  }
}

async function busy(path: string): Promise<GomodfsError> {
  const owner = await readFile(path, "utf8").catch(() => "");
  const process = /^gomodfs (\d+) /.exec(owner)?.[1];
  const holder = process === undefined ? "another program" : `gomodfs process ${process}`;
  return new GomodfsError("BUSY", `${holder} holds the lock ${path}`, {
    hint: "wait until it has finished; remove the file if no such program runs any more",
  });
}

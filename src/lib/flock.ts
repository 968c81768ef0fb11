import { constants } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { GomodfsError } from "./gomodfs_error.ts";

/** A lock that others may share (flock(2)). */
export const LOCK_SH = 1;
/** A lock that nobody else may have (flock(2)). */
export const LOCK_EX = 2;
/** Gives the lock up (flock(2)). Closing the file does the same. */
export const LOCK_UN = 8;

const LOCK_NB = 4;

/** How long to wait for a lock, unless said otherwise. */
const DEFAULT_TIMEOUT_MS = 60_000;

/** The wait between two attempts doubles from the first of these to the second. */
const FIRST_WAIT_MS = 1;
const LONGEST_WAIT_MS = 20;

/** How to wait for a lock. */
export interface FlockOptions {
  /** Milliseconds after which waiting is given up. A minute unless said otherwise. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** One call of flock(2): its errno, or 0. */
type NativeFlock = (fd: number, operation: number) => number;

let native: Promise<NativeFlock> | undefined;

/**
 * Locks an open file with flock(2), as cmd/go does (cmd/go/internal/lockedfile). The lock belongs to the open file
 * description: it excludes other descriptions of this process as well, and ends when the last descriptor is closed.
 *
 * Asks again and again instead of blocking in the call: that would hold one of the four threads on which all of Node's
 * file I/O runs, so that a few who wait could starve the one who has the lock. One attempt costs a microsecond.
 *
 * @param fd an open file; it need not be writable
 * @throws GomodfsError `BUSY` when time has run out, `CANCELLED` when the signal says so, `UNSUPPORTED` where there is
 * no flock(2) or the file system has no locks, `STORE` for other failures
 */
export async function flock(
  fd: number,
  operation: typeof LOCK_SH | typeof LOCK_EX,
  options: FlockOptions = {},
): Promise<void> {
  const deadline = performance.now() + (options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  for (
    let wait = FIRST_WAIT_MS;
    !(await tryFlock(fd, operation));
    wait = Math.min(wait * 2, LONGEST_WAIT_MS)
  ) {
    if (performance.now() >= deadline) {
      throw new GomodfsError("BUSY", "a file stays locked by another process", {
        hint: "see who holds it: lslocks, or fuser on the file",
      });
    }
    await pause(wait, options.signal);
  }
}

/**
 * Locks an open file, or gives its lock up, without waiting.
 *
 * @returns false if somebody else has a lock that excludes this one
 * @throws GomodfsError as {@linkcode flock}
 */
export async function tryFlock(
  fd: number,
  operation: typeof LOCK_SH | typeof LOCK_EX | typeof LOCK_UN,
): Promise<boolean> {
  native ??= loadNative();
  const call = await native;
  for (;;) {
    const errno = call(fd, operation | LOCK_NB);
    if (errno === 0) return true;
    if (errno === constants.errno.EWOULDBLOCK) return false;
    if (errno !== constants.errno.EINTR) throw lockFailed(errno);
  }
}

/** koffi is loaded when the first lock is asked for: most commands never do. */
async function loadNative(): Promise<NativeFlock> {
  if (process.platform === "win32") {
    throw new GomodfsError("UNSUPPORTED", "file locks are not supported on Windows");
  }
  const { default: koffi } = await import("koffi");
  // The process itself: whichever C library Node is linked with is already in it.
  const call = koffi.load(null).func("int flock(int fd, int operation)");
  return (fd, operation) => (call(fd, operation) === 0 ? 0 : koffi.errno());
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(milliseconds, undefined, signal === undefined ? {} : { signal });
  } catch (cause) {
    throw new GomodfsError("CANCELLED", "waiting for a file's lock was cancelled", { cause });
  }
}

function lockFailed(errno: number): GomodfsError {
  const name =
    Object.entries(constants.errno).find(([, number]) => number === errno)?.[0] ?? `errno ${errno}`;
  const isUnsupported = [
    constants.errno.ENOSYS,
    constants.errno.ENOLCK,
    constants.errno.EOPNOTSUPP,
  ].includes(errno);
  return new GomodfsError(isUnsupported ? "UNSUPPORTED" : "STORE", `cannot lock a file: ${name}`);
}

import { randomInt } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { cannotRead, cannotWrite, isMissing } from "./directory_error.ts";

// Synchronous: to write a small file takes 20 us of processor time, by the asynchronous calls more than 100.

/**
 * The whole content of a file.
 *
 * @param maximum the bound of its size in bytes
 * @returns undefined if there is no such file
 * @throws GomodfsError `STORE` if it cannot be read, is no ordinary file or exceeds the bound
 */
export function readSmallFile(path: string, maximum: number): Buffer | undefined {
  try {
    return readBounded(path, maximum);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw cannotRead(path, error);
  }
}

/**
 * Writes a file so that its name never stands for a part of the content, under a temporary name like cmd/go's own
 * (cmd/go/internal/modfetch/cache.go, tempFile). Nothing is left behind if that fails.
 *
 * @throws GomodfsError `STORE`
 */
export function replaceFile(path: string, content: Uint8Array | string): void {
  const temporary = temporaryName(path);
  try {
    writeFileSync(temporary, content, { flag: "wx", mode: 0o666 });
    renameSync(temporary, path);
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw cannotWrite(path, cause);
  }
}

/** A name for what will be `path`: a number and `.tmp` are added, as cmd/go does, which removes leftovers by that. */
export function temporaryName(path: string): string {
  return `${path}${randomInt(RANDOM_RANGE)}.tmp`;
}

/** The widest range that randomInt takes; cmd/go draws from 1e9 and looks whether the name is free. */
const RANDOM_RANGE = 2 ** 48 - 1;

function readBounded(path: string, maximum: number): Buffer {
  // Not blocking: a FIFO of this name would otherwise wait for its other end.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw new GomodfsError("STORE", `${path} is no ordinary file`);
    if (stats.size > maximum) {
      throw new GomodfsError("STORE", `${path} has more than ${maximum} bytes`);
    }
    const content = Buffer.allocUnsafe(stats.size);
    return content.subarray(0, readFully(descriptor, content));
  } finally {
    closeSync(descriptor);
  }
}

/** Fills `buffer` as far as the file goes, which may have become shorter. */
function readFully(descriptor: number, buffer: Buffer): number {
  let filled = 0;
  while (filled < buffer.length) {
    const count = readSync(descriptor, buffer, filled, buffer.length - filled, filled);
    if (count === 0) break;
    filled += count;
  }
  return filled;
}

import { constants, statSync } from "node:fs";
import { copyFile, open, stat } from "node:fs/promises";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { OfferedFile, OfferedZip } from "./offered_module.ts";

/** A `.info` or `.mod` file of a directory, of at most `maximum` bytes. */
export function offeredFile(path: string, maximum: number): OfferedFile {
  return { place: path, read: async () => await readSourceFile(path, maximum) };
}

/** A module zip of a directory. */
export function offeredZipFile(path: string): OfferedZip {
  return {
    place: path,
    size: () => sourceFileSize(path),
    readInto: async (bytes) => await readExactly(path, bytes),
    writeTo: async (copy) => await copySourceFile(path, copy),
  };
}

/**
 * Bytes of an ordinary file.
 *
 * @throws GomodfsError `UPSTREAM` if it cannot be read or is something else
 */
export function sourceFileSize(path: string): number {
  try {
    const stats = statSync(path);
    if (stats.isFile()) return stats.size;
  } catch (cause) {
    throw unreadable(path, cause);
  }
  throw new GomodfsError("UPSTREAM", `${path} is not an ordinary file`);
}

async function readSourceFile(path: string, maximum: number): Promise<Uint8Array> {
  const announced = sourceFileSize(path);
  if (announced > maximum) {
    throw new GomodfsError("TOO_LARGE", `${path} is larger than ${maximum} bytes`);
  }
  const bytes = new Uint8Array(announced);
  await readExactly(path, bytes);
  return bytes;
}

/** Fills `bytes` with the beginning of a file. */
async function readExactly(path: string, bytes: Uint8Array): Promise<void> {
  let filled = 0;
  try {
    // Not blocking: a FIFO that has meanwhile taken the file's place would wait for its other end.
    await using file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    while (filled < bytes.length) {
      const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
  } catch (cause) {
    throw unreadable(path, cause);
  }
  if (filled === bytes.length) return;
  throw new GomodfsError("UPSTREAM", `${path} became shorter while it was read`);
}

/** Copies a file, or shares its blocks where the file system can. */
async function copySourceFile(path: string, copy: string): Promise<void> {
  const expected = sourceFileSize(path);
  await copyFile(path, copy, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  if ((await stat(copy)).size === expected) return;
  throw new GomodfsError("UPSTREAM", `${path} changed while it was read`);
}

function unreadable(path: string, cause: unknown): GomodfsError {
  return new GomodfsError("UPSTREAM", `cannot read ${path}`, { cause });
}

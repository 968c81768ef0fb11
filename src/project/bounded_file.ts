import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { GomodfsError } from "../lib/gomodfs_error.ts";

/** The bound of a go.mod or go.work file: that of the go.mod files of modules (golang.org/x/mod/zip, MaxGoMod). */
export const MAX_GO_MOD_BYTES = 16 << 20;

/**
 * The text of a file of a project.
 *
 * @param maxBytes the bound of its size
 * @returns undefined if there is no such file
 * @throws GomodfsError `TOO_LARGE` past the bound, `INVALID` if it cannot be read or is no ordinary file
 */
export async function readBoundedFile(path: string, maxBytes: number): Promise<string | undefined> {
  let handle: FileHandle;
  try {
    // Not blocking: a FIFO of this name would otherwise wait for its other end.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw new GomodfsError("INVALID", `cannot read ${path}`, { cause });
  }
  try {
    return await readHandle(handle, path, maxBytes);
  } finally {
    await handle.close();
  }
}

async function readHandle(handle: FileHandle, path: string, maxBytes: number): Promise<string> {
  const stats = await handle.stat();
  if (!stats.isFile()) throw new GomodfsError("INVALID", `${path} is not an ordinary file`);
  if (stats.size > maxBytes) {
    throw new GomodfsError("TOO_LARGE", `${path} is larger than ${maxBytes} bytes`);
  }
  const buffer = Buffer.alloc(stats.size);
  const { bytesRead } = await handle.read(buffer);
  return buffer.toString("utf8", 0, bytesRead);
}

function isMissing(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  return error.code === "ENOENT" || error.code === "ENOTDIR";
}

import { randomBytes } from "node:crypto";
import { link, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { syncDirectory, writeDurably } from "../../lib/durable_file.ts";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { makeDirectory } from "../../lib/make_directory.ts";

const KEY_FILE = "nfs_handle_key";
const KEY_SIZE = 32;

/**
 * The key with which file handles are authenticated, kept beside the store so that handles outlive the process and
 * hold on every host that serves the store. It is made if there is none; only the owner may read it.
 *
 * @param directory what gomodfs notes for itself
 * @throws GomodfsError `STORE` if it cannot be made or is damaged
 */
export async function handleKey(directory: string): Promise<Uint8Array> {
  const path = join(directory, KEY_FILE);
  try {
    const key = (await read(path)) ?? (await make(directory, path));
    if (key.length === KEY_SIZE) return key;
  } catch (cause) {
    throw new GomodfsError("STORE", `cannot read or make ${path}, the key of NFS file handles`, {
      cause,
    });
  }
  throw new GomodfsError("STORE", `${path} is no key of NFS file handles`, {
    hint: "remove it: guests have to mount again then",
  });
}

async function read(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Of several that make one at the same time, the first wins: link(2) replaces nothing. */
async function make(directory: string, path: string): Promise<Uint8Array> {
  await makeDirectory(directory);
  const temporary = `${path}.${randomBytes(8).toString("hex")}.tmp`;
  try {
    await writeDurably(temporary, randomBytes(KEY_SIZE), 0o600);
    await link(temporary, path).catch((error: unknown) => {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    });
    await syncDirectory(directory);
  } finally {
    await rm(temporary, { force: true });
  }
  return await readFile(path);
}

import { open } from "node:fs/promises";

/**
 * Writes a new file and has it on disk when the promise resolves; its name is so only after {@linkcode syncDirectory}.
 *
 * @param mode permission bits, minus what the umask takes away
 * @throws the system's error, also if there is such a file already
 */
export async function writeDurably(
  path: string,
  content: Uint8Array | string,
  mode = 0o666,
): Promise<void> {
  const file = await open(path, "wx", mode);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Has the names in a directory on disk: renames and removals are not durable before. */
export async function syncDirectory(path: string): Promise<void> {
  // Windows has no handle of a directory that could be flushed; NTFS keeps its names by a journal.
  if (process.platform === "win32") return;
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

import { randomUUID } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { syncDirectory, writeDurably } from "./durable_file.ts";
import { makeDirectory } from "./make_directory.ts";

/** How to replace a file. */
export interface ReplaceFileOptions {
  /** Permission bits, minus what the umask takes away; 0666 unless given. */
  readonly mode?: number;
  /** Whether it survives the end of the machine too; otherwise only that of the process. */
  readonly durable?: boolean;
  /** Where it is until it is complete, on the same file system; beside its place unless given. */
  readonly temporaryDirectory?: string | undefined;
}

/** Characters of a file's name in that of its temporary file, which must not become longer than a name may be. */
const MAX_NAME_LENGTH = 100;

/**
 * Makes or replaces a file in one step: whoever reads it finds the old content or the new. Directories are made.
 *
 * @throws the system's error
 */
export async function replaceFile(
  path: string,
  content: Uint8Array | string,
  { mode = 0o666, durable = false, temporaryDirectory }: ReplaceFileOptions = {},
): Promise<void> {
  const directory = dirname(path);
  await makeDirectory(directory);
  const name = `.${basename(path).slice(0, MAX_NAME_LENGTH)}.${randomUUID()}.tmp`;
  const temporary = join(temporaryDirectory ?? directory, name);
  try {
    if (durable) await writeDurably(temporary, content, mode);
    else await writeFile(temporary, content, { flag: "wx", mode });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  if (durable) await syncDirectory(directory);
}

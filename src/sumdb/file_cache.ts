import { open, stat } from "node:fs/promises";
import { replaceFile } from "../lib/replace_file.ts";
import { localPath } from "./local_path.ts";

/** The largest file that is taken for a tile or a look-up. */
const MAX_FILE_SIZE = 4 * 1024 * 1024;

/**
 * The cache of a {@linkcode SumdbClient} on disk, laid out as `$GOMODCACHE/cache/download/sumdb` is:
 * `NAME/lookup/M@V` and `NAME/tile/H/L/K[.p/W]`. cmd/go may use the same directory: it writes in place under a lock,
 * so what is read here can be torn, which the client notices as it notices every other damage; what is written here
 * appears complete or not at all.
 */
export class FileCache {
  readonly #directory: string;
  readonly #temporaryDirectory: string | undefined;

  /**
   * @param directory `$GOMODCACHE/cache/download/sumdb` or a directory of one's own; made when first written
   * @param temporaryDirectory where files are until they are complete, on the same file system; beside their places
   *     unless given
   */
  constructor(directory: string, temporaryDirectory?: string) {
    this.#directory = directory;
    this.#temporaryDirectory = temporaryDirectory;
  }

  /** @returns undefined if there is no such file or it is empty or too large to be one */
  async readCache(file: string): Promise<Uint8Array | undefined> {
    const handle = await unlessAbsent(open(localPath(this.#directory, file), "r"));
    if (handle === undefined) return undefined;
    await using _ = handle;
    const { size } = await handle.stat();
    // cmd/go creates a file before it locks and writes it: an empty file is one that is not there yet.
    return size === 0 || size > MAX_FILE_SIZE ? undefined : await handle.readFile();
  }

  /** When a file was written, in milliseconds since 1970; undefined if there is none. */
  async writtenAt(file: string): Promise<number | undefined> {
    const found = await unlessAbsent(stat(localPath(this.#directory, file)));
    return found?.mtimeMs;
  }

  /**
   * Writes a file, without waiting for the disk: what a crash leaves of it is proven again before it is believed, and
   * fetched again if it cannot be. (An fsync of each file and directory took most of the time of a look-up.)
   *
   * @throws the system's error if it cannot be written
   */
  async writeCache(file: string, content: Uint8Array): Promise<void> {
    const temporaryDirectory = this.#temporaryDirectory;
    await replaceFile(localPath(this.#directory, file), content, { temporaryDirectory });
  }
}

async function unlessAbsent<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (
      error instanceof Error &&
      "code" in error &&
      (error.code === "ENOENT" || error.code === "ENOTDIR")
    ) {
      return undefined;
    }
    throw error;
  }
}

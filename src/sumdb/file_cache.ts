import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
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
    const handle = await openIfExists(localPath(this.#directory, file));
    if (handle === undefined) return undefined;
    try {
      const { size } = await handle.stat();
      // cmd/go creates a file before it locks and writes it: an empty file is one that is not there yet.
      return size === 0 || size > MAX_FILE_SIZE ? undefined : await handle.readFile();
    } finally {
      await handle.close();
    }
  }

  /**
   * Writes a file, without waiting for the disk: what a crash leaves of it is proven again before it is believed, and
   * fetched again if it cannot be. (An fsync of each file and directory took most of the time of a look-up.)
   *
   * @throws the system's error if it cannot be written
   */
  async writeCache(file: string, content: Uint8Array): Promise<void> {
    const path = localPath(this.#directory, file);
    const directory = dirname(path);
    await mkdir(directory, { recursive: true });
    const temporary = join(
      this.#temporaryDirectory ?? directory,
      `.${basename(path).slice(0, 100)}.${randomUUID()}.tmp`,
    );
    try {
      await writeFile(temporary, content, { flag: "wx", mode: 0o666 });
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }
}

async function openIfExists(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "r");
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

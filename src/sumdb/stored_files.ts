import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The verified records and tiles of a cache directory, read synchronously, for a file system to show. */
export class StoredFiles {
  readonly #directory: string;

  /** @param directory what the cache's `FileCache` was given */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** @returns undefined if there is no file at the slash-separated path, which must not leave the directory */
  read(path: string): Uint8Array | undefined {
    return unlessAbsent(() => readFileSync(join(this.#directory, path)));
  }

  /** @returns undefined if there is no directory at the path */
  list(path: string): readonly string[] | undefined {
    return unlessAbsent(() =>
      readdirSync(join(this.#directory, path)).filter((name) => !name.startsWith(".")),
    );
  }
}

const ABSENT: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "EISDIR", "ENAMETOOLONG"]);

function unlessAbsent<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && "code" in error && ABSENT.has(String(error.code)))
      return undefined;
    throw error;
  }
}

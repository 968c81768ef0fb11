import { constants } from "node:fs";
import { type FileHandle, mkdir, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { flock, LOCK_EX, LOCK_SH } from "../lib/flock.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { localPath } from "./local_path.ts";
import { MAX_NOTE_SIZE } from "./note.ts";
import { asBuffer } from "./text.ts";

/**
 * The configuration of a {@linkcode SumdbClient} on disk, where and as cmd/go keeps it: the tree last seen is
 * `GOPATH/pkg/sumdb/NAME/latest`, guarded by a lock on the file itself (cmd/go/internal/lockedfile). It is written in
 * place, since whoever waits for the lock of a file that is renamed away would overwrite the one that took its place.
 */
export class FileConfig {
  readonly #directory: string;

  /** @param directory `pkg/sumdb` in the first element of GOPATH */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * @returns no bytes if there is no such file
   * @throws GomodfsError `TOO_LARGE` past the size of a note, `BUSY` if the file stays locked, `STORE` if it cannot be
   * read
   */
  async readConfig(file: string): Promise<Uint8Array> {
    const path = localPath(this.#directory, file);
    const handle = await open(path, "r").catch((error: unknown) => {
      if (isSystemError(error, "ENOENT")) return undefined;
      throw unusable("read", path, error);
    });
    if (handle === undefined) return new Uint8Array();
    await using _ = handle;
    await flock(handle.fd, LOCK_SH);
    return await readBounded(handle, path);
  }

  /** When a file was written, in milliseconds since 1970; undefined if there is none. */
  async writtenAt(file: string): Promise<number | undefined> {
    const found = await stat(localPath(this.#directory, file)).catch(() => undefined);
    return found?.mtimeMs;
  }

  /**
   * Replaces the file's content, if it is `old` or none. Durable when this resolves.
   *
   * @throws GomodfsError `STORE` if it cannot be written, `BUSY` if the file stays locked
   */
  async writeConfig(
    file: string,
    old: Uint8Array,
    content: Uint8Array,
  ): Promise<"written" | "conflict"> {
    const path = localPath(this.#directory, file);
    const handle = await this.#openForWriting(path);
    await using _ = handle;
    await flock(handle.fd, LOCK_EX);
    const found = await readBounded(handle, path);
    if (found.length > 0 && !asBuffer(found).equals(old)) return "conflict";
    try {
      await overwrite(handle, content);
    } catch (error) {
      throw unusable("write", path, error);
    }
    return "written";
  }

  async #openForWriting(path: string): Promise<FileHandle> {
    try {
      await mkdir(dirname(path), { recursive: true });
      return await open(path, constants.O_RDWR | constants.O_CREAT, 0o666);
    } catch (error) {
      throw unusable("write", path, error);
    }
  }
}

/** Truncates first: a crash in between leaves nothing, which is a first start, and not half a signed tree. */
async function overwrite(handle: FileHandle, content: Uint8Array): Promise<void> {
  await handle.truncate(0);
  for (let written = 0; written < content.length; ) {
    const { bytesWritten } = await handle.write(
      content,
      written,
      content.length - written,
      written,
    );
    written += bytesWritten;
  }
  await handle.sync();
}

async function readBounded(handle: FileHandle, path: string): Promise<Uint8Array> {
  try {
    const { size } = await handle.stat();
    if (size > MAX_NOTE_SIZE)
      throw new GomodfsError("TOO_LARGE", `${path} has ${size} bytes: it is no signed tree`);
    return await handle.readFile();
  } catch (error) {
    if (error instanceof GomodfsError) throw error;
    throw unusable("read", path, error);
  }
}

function unusable(verb: "read" | "write", path: string, cause: unknown): GomodfsError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new GomodfsError(
    "STORE",
    `cannot ${verb} the checksum database's latest tree: ${reason}`,
    {
      hint: `make ${path} readable and writable`,
      cause,
    },
  );
}

function isSystemError(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

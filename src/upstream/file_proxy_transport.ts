import { constants } from "node:fs";
import { copyFile, type FileHandle, mkdir, open, realpath, rm } from "node:fs/promises";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { GomodfsError, isGomodfsError } from "../lib/gomodfs_error.ts";
import { cancelled } from "../lib/request_queue.ts";
import { systemErrorCode } from "../lib/retry_policy.ts";
import type { ZipBytes } from "../store/module_store.ts";
import type { ProxyTransport } from "./module_proxy.ts";
import type { FetchOptions } from "./module_source.ts";
import { spoolError, spoolPath } from "./spool_receiver.ts";
import type { ZipSpool } from "./zip_receiver.ts";

/**
 * A proxy in a directory (`file:///srv/proxy`), for example the `cache/download` of a GOMODCACHE. Nothing outside the
 * directory is read, whatever links lead there.
 */
export class FileProxyTransport implements ProxyTransport {
  readonly name: string;
  readonly #directory: string;
  readonly #spool: ZipSpool;

  constructor(url: URL, spool: ZipSpool) {
    this.name = url.href;
    this.#directory = fileURLToPath(url);
    this.#spool = spool;
  }

  async read(
    path: string,
    maxBytes: number,
    options?: FetchOptions,
  ): Promise<Uint8Array<ArrayBuffer>> {
    return await this.#withFile(path, maxBytes, options, async (file, size) => {
      const bytes = new Uint8Array(size);
      return bytes.subarray(0, await readFully(file, bytes));
    });
  }

  async readZip(path: string, maxBytes: number, options?: FetchOptions): Promise<ZipBytes> {
    return await this.#withFile(path, maxBytes, options, async (file, size, realPath) => {
      if (size > this.#spool.maxMemory) return await this.#copyToSpool(realPath, size);
      const bytes = new Uint8Array(size);
      if ((await readFully(file, bytes)) < size) throw new Error("the file became shorter");
      return { kind: "memory", bytes };
    });
  }

  async #withFile<T>(
    path: string,
    maxBytes: number,
    options: FetchOptions | undefined,
    use: (file: FileHandle, size: number, realPath: string) => Promise<T>,
  ): Promise<T> {
    if (options?.signal?.aborted) throw cancelled(options.signal);
    const name = join(this.#directory, path);
    try {
      const realPath = await this.#resolve(name);
      // O_NONBLOCK: opening a FIFO would wait for a writer for ever.
      await using file = await open(realPath, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
      const stat = await file.stat();
      if (!stat.isFile()) throw new GomodfsError("UPSTREAM", `${name} is not a file`);
      if (stat.size > maxBytes) {
        throw new GomodfsError("TOO_LARGE", `${name} is larger than ${maxBytes} bytes`);
      }
      return await use(file, stat.size, realPath);
    } catch (error) {
      throw isGomodfsError(error) ? error : fileError(name, error);
    }
  }

  async #resolve(name: string): Promise<string> {
    const [directory, file] = await Promise.all([realpath(this.#directory), realpath(name)]);
    if (file.startsWith(directory.endsWith(sep) ? directory : directory + sep)) return file;
    throw new GomodfsError("UPSTREAM", `${name} is a link out of the proxy's directory`, {
      hint: "copy the file into the directory",
    });
  }

  async #copyToSpool(file: string, size: number): Promise<ZipBytes> {
    const path = spoolPath(this.#spool.directory);
    try {
      await mkdir(this.#spool.directory, { recursive: true, mode: 0o700 });
      // Shares the blocks where the file system can.
      await copyFile(file, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    } catch (error) {
      await rm(path, { force: true });
      throw spoolError(this.#spool.directory, error);
    }
    return { kind: "file", path, size };
  }
}

/** Fills `bytes` as far as the file goes. */
async function readFully(file: FileHandle, bytes: Uint8Array): Promise<number> {
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}

function fileError(name: string, error: unknown): GomodfsError {
  const code = systemErrorCode(error);
  // A file where a directory is expected, or a name too long to exist, is as absent as ENOENT.
  if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG") {
    return new GomodfsError("NOT_FOUND", `${name} does not exist`, { cause: error });
  }
  return new GomodfsError("UPSTREAM", `cannot read ${name}`, { cause: error });
}

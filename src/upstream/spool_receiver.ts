import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { ZipBytes } from "../store/module_store.ts";
import type { BodyReceiver } from "./body_receiver.ts";

/** Bytes of one write: of the 64 KiB that a socket gives at a time each would cost a round through the thread pool. */
const BUFFER_LENGTH = 256 * 1024;

/** A path in a spool directory that nothing has yet. */
export function spoolPath(directory: string): string {
  return join(directory, `${randomUUID()}.zip`);
}

/** The error for a spool that takes nothing: full, read-only. */
export function spoolError(directory: string, error: unknown): GomodfsError {
  return new GomodfsError("STORE", `cannot write a module zip to ${directory}`, {
    hint: "make room there, or name another directory",
    cause: error,
  });
}

/** Writes a zip to a file of its own, which belongs to whoever gets the result. One buffer fills while another is written. */
export class SpoolReceiver implements BodyReceiver<ZipBytes> {
  readonly #directory: string;
  readonly #path: string;
  #file: FileHandle | undefined;
  #buffer = Buffer.allocUnsafeSlow(BUFFER_LENGTH);
  #filled = 0;
  #spare: Buffer<ArrayBuffer> | undefined;
  #writing: Promise<void> | undefined;
  #written = 0;

  /** @param directory made when something is written */
  constructor(directory: string) {
    this.#directory = directory;
    this.#path = spoolPath(directory);
  }

  write(chunk: Buffer): void | Promise<void> {
    const rest = chunk.subarray(this.#fill(chunk));
    if (this.#filled === BUFFER_LENGTH) return this.#writeRest(rest);
  }

  async finish(): Promise<ZipBytes> {
    await this.#writing;
    if (this.#filled > 0) this.#startWriting();
    await this.#writing;
    await this.#close();
    return { kind: "file", path: this.#path, size: this.#written };
  }

  async discard(): Promise<void> {
    await this.#writing?.catch(() => {});
    await this.#file?.close().catch(() => {});
    await rm(this.#path, { force: true }).catch(() => {});
  }

  /** @returns bytes of the chunk that had room */
  #fill(chunk: Buffer): number {
    const copied = chunk.copy(this.#buffer, this.#filled);
    this.#filled += copied;
    return copied;
  }

  /** The buffer is full. */
  async #writeRest(chunk: Buffer): Promise<void> {
    let rest = chunk;
    do {
      await this.#writing;
      this.#startWriting();
      rest = rest.subarray(this.#fill(rest));
    } while (this.#filled === BUFFER_LENGTH);
  }

  /** Hands the buffer to the file and goes on with the other one. */
  #startWriting(): void {
    const buffer = this.#buffer;
    const bytes = buffer.subarray(0, this.#filled);
    this.#buffer = this.#spare ?? Buffer.allocUnsafeSlow(BUFFER_LENGTH);
    this.#spare = undefined;
    this.#filled = 0;
    this.#writing = this.#writeAll(bytes).then(() => {
      this.#spare = buffer;
      this.#writing = undefined;
    });
    // Met by whoever awaits it, which may be later than it fails.
    this.#writing.catch(() => {});
  }

  async #writeAll(bytes: Buffer): Promise<void> {
    try {
      this.#file ??= await this.#create();
      for (let end = 0; end < bytes.length; ) {
        const { bytesWritten } = await this.#file.write(bytes, end, bytes.length - end);
        end += bytesWritten;
      }
    } catch (error) {
      throw spoolError(this.#directory, error);
    }
    this.#written += bytes.length;
  }

  async #create(): Promise<FileHandle> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    // O_EXCL: never into a file that somebody else put there.
    return await open(this.#path, "wx", 0o600);
  }

  async #close(): Promise<void> {
    try {
      this.#file ??= await this.#create();
      await this.#file.close();
    } catch (error) {
      throw spoolError(this.#directory, error);
    }
  }
}

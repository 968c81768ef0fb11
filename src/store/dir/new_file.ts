import { closeSync, constants, ftruncateSync, openSync, rmSync, writeSync } from "node:fs";
import {
  DIRECT_IO_ALIGNMENT,
  type DirectIoChoice,
  MINIMUM_DIRECT_LENGTH,
  O_DIRECT,
} from "./direct_io.ts";
import { cannotWrite, systemCode } from "./directory_error.ts";

/** What a new file is to be. */
export interface NewFileOptions {
  /** Permission bits, minus what the umask takes away. */
  readonly mode: number;
  /** Bytes that will be written. */
  readonly size: number;
  /**
   * Whether all pieces begin at a page of the machine and all but the last are whole pages; the memory behind the last,
   * up to the end of its page, may be changed.
   */
  readonly aligned: boolean;
  /** Decides how large files are written, and learns how long that took. */
  readonly choice: DirectIoChoice;
}

/** A file that is made and written from its beginning to its end. */
export class NewFile implements Disposable {
  readonly #path: string;
  readonly #options: NewFileOptions;
  #descriptor: number;
  #direct: boolean;
  #written = 0;
  #milliseconds = 0;

  /** @throws GomodfsError `STORE`, also if there is such a file already */
  constructor(path: string, options: NewFileOptions) {
    this.#path = path;
    this.#options = options;
    this.#direct =
      options.aligned && options.size >= MINIMUM_DIRECT_LENGTH && options.choice.direct;
    try {
      this.#descriptor = this.#open();
    } catch (cause) {
      throw cannotWrite(path, cause);
    }
  }

  /** @throws GomodfsError `STORE` */
  write(piece: Uint8Array): void {
    const start = performance.now();
    try {
      if (this.#direct) this.#writeDirectly(piece);
      else this.#writeAll(piece);
    } catch (cause) {
      throw cannotWrite(this.#path, cause);
    }
    this.#written += piece.length;
    this.#milliseconds += performance.now() - start;
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
    if (this.#written < MINIMUM_DIRECT_LENGTH) return;
    this.#options.choice.record(this.#direct, this.#written, this.#milliseconds);
  }

  #open(): number {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
    if (this.#direct && O_DIRECT !== undefined) {
      try {
        return openSync(this.#path, flags | O_DIRECT, this.#options.mode);
      } catch (error) {
        this.#refuseDirect(error);
      }
    }
    return openSync(this.#path, flags, this.#options.mode);
  }

  #writeDirectly(piece: Uint8Array): void {
    const length = Math.ceil(piece.length / DIRECT_IO_ALIGNMENT) * DIRECT_IO_ALIGNMENT;
    const padded = new Uint8Array(piece.buffer, piece.byteOffset, length).fill(0, piece.length);
    try {
      this.#writeAll(padded);
    } catch (error) {
      if (this.#written > 0) throw error;
      this.#refuseDirect(error);
      this.#startAgain();
      this.#writeAll(piece);
      return;
    }
    if (length > piece.length) ftruncateSync(this.#descriptor, this.#written + piece.length);
  }

  #writeAll(bytes: Uint8Array): void {
    for (let end = 0; end < bytes.length; ) {
      end += writeSync(this.#descriptor, bytes, end, bytes.length - end, this.#written + end);
    }
  }

  /** The file system says with EINVAL that it cannot write past the page cache. */
  #refuseDirect(error: unknown): void {
    if (systemCode(error) !== "EINVAL") throw error;
    this.#options.choice.refuse();
    this.#direct = false;
  }

  /** Nothing was written yet; and a file that nobody may write cannot be opened once more. */
  #startAgain(): void {
    closeSync(this.#descriptor);
    rmSync(this.#path);
    this.#descriptor = this.#open();
  }
}

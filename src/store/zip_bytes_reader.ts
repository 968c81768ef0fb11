import { closeSync, openSync, readSync } from "node:fs";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { BytesReader, checkRange, type RandomAccessReader } from "../module/zip/random_access.ts";
import type { ZipContent } from "./module_store.ts";

/** A reader whose file, if there is one, has to be closed. */
export interface ClosableReader extends RandomAccessReader {
  close(): void;
}

/**
 * Opens the bytes of a zip wherever they are.
 *
 * @throws GomodfsError `STORE` where the file cannot be opened
 */
export function openZipBytes(zip: ZipContent): ClosableReader {
  if (zip.kind === "file") return new FileReader(zip.path, zip.size);
  const reader = new BytesReader(zip.bytes);
  return {
    size: reader.size,
    read: (offset, length) => reader.read(offset, length),
    readTransient: (offset, length) => reader.read(offset, length),
    close: () => undefined,
  };
}

/** Headers and small files lie side by side: one read of this much serves many of them. */
const WINDOW_LENGTH = 64 * 1024;

class FileReader implements ClosableReader {
  readonly size: number;
  readonly #path: string;
  readonly #descriptor: number;
  #window: Uint8Array = new Uint8Array(0);
  #transient: Buffer = Buffer.alloc(0);
  #windowOffset = 0;

  constructor(path: string, size: number) {
    this.size = size;
    this.#path = path;
    try {
      this.#descriptor = openSync(path, "r");
    } catch (cause) {
      throw new GomodfsError("STORE", `the spooled zip ${path} cannot be opened`, { cause });
    }
  }

  read(offset: number, length: number): Uint8Array {
    checkRange(offset, length, this.size);
    if (length >= WINDOW_LENGTH) return this.#readFile(offset, length);
    const windowEnd = this.#windowOffset + this.#window.length;
    if (offset < this.#windowOffset || offset + length > windowEnd) {
      // A new buffer each time: what earlier reads returned are views of the old one.
      this.#window = this.#readFile(offset, Math.min(WINDOW_LENGTH, this.size - offset));
      this.#windowOffset = offset;
    }
    const start = offset - this.#windowOffset;
    return this.#window.subarray(start, start + length);
  }

  readTransient(offset: number, length: number): Uint8Array {
    if (length < WINDOW_LENGTH) return this.read(offset, length);
    checkRange(offset, length, this.size);
    if (this.#transient.length < length) this.#transient = Buffer.allocUnsafeSlow(length);
    return this.#fill(this.#transient.subarray(0, length), offset);
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #readFile(offset: number, length: number): Uint8Array {
    return this.#fill(Buffer.allocUnsafeSlow(length), offset);
  }

  #fill(bytes: Buffer, offset: number): Buffer {
    for (let filled = 0; filled < bytes.length; ) {
      const length = bytes.length - filled;
      const count = readSync(this.#descriptor, bytes, filled, length, offset + filled);
      if (count === 0) {
        throw new GomodfsError("INVALID", `the spooled zip ${this.#path} is truncated`);
      }
      filled += count;
    }
    return bytes;
  }
}

import { readSync, writeSync } from "node:fs";

/** How long to wait before trying a descriptor again that does not block. Milliseconds. */
const RETRY_INTERVAL = 1;

/**
 * Reads what is there, and waits if that is nothing.
 *
 * @returns the number of bytes; 0 at the end, or if the other side was torn down
 */
export function readSome(descriptor: number, buffer: Buffer): number {
  for (;;) {
    try {
      return readSync(descriptor, buffer, 0, buffer.length, null);
    } catch (error) {
      const code = errorCode(error);
      if (code === "EAGAIN") pause();
      else if (code === "EOF" || code === "ECONNRESET") return 0;
      else if (code !== "EINTR") throw error;
    }
  }
}

/** Writes everything. @returns false if nobody is there any more who reads */
export function writeAll(descriptor: number, bytes: Uint8Array): boolean {
  for (let start = 0; start < bytes.length; ) {
    try {
      start += writeSync(descriptor, bytes, start, bytes.length - start);
    } catch (error) {
      const code = errorCode(error);
      if (code === "EAGAIN") pause();
      else if (code === "EPIPE" || code === "ECONNRESET") return false;
      else if (code !== "EINTR") throw error;
    }
  }
  return true;
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_INTERVAL);
}

function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

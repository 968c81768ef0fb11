import type { FileHandle } from "node:fs/promises";
import { unlessAborted } from "./abortable.ts";

const PIECE_BYTES = 64 * 1024;

/**
 * Content on its way from a server into a file, while any number of readers follow. The file is the buffer between them:
 * a slow reader holds up neither the others nor the server.
 */
export class BodyFill {
  readonly #file: FileHandle;
  #written = 0;
  #state: { kind: "filling" } | { kind: "complete" } | { kind: "failed"; error: unknown } = {
    kind: "filling",
  };
  #progress = Promise.withResolvers<void>();
  readonly #end = Promise.withResolvers<void>();

  /** @param file open for reading and writing, empty; the caller closes it when nobody reads any longer */
  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Bytes that are there. */
  get size(): number {
    return this.#written;
  }

  /** Fulfils when nothing follows any longer, for whatever reason. */
  get ended(): Promise<void> {
    return this.#end.promise;
  }

  /** Adds bytes behind those that are there. One call at a time. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let offset = 0; offset < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, offset, bytes.length - offset);
      offset += bytesWritten;
    }
    this.#written += bytes.length;
    this.#announce();
  }

  /** Nothing follows. */
  complete(): void {
    this.#state = { kind: "complete" };
    this.#end.resolve();
    this.#announce();
  }

  /** What follows will never come: readers are told after what is there. */
  fail(error: unknown): void {
    this.#state = { kind: "failed", error };
    this.#end.resolve();
    this.#announce();
  }

  /**
   * All of the content, as it arrives.
   *
   * @throws what {@linkcode fail} was given; the signal's reason
   */
  async *read(signal: AbortSignal): AsyncGenerator<Buffer> {
    for (let position = 0; ; ) {
      signal.throwIfAborted();
      // Taken before the look at how much there is: nothing that comes after it is missed.
      const progress = this.#progress.promise;
      const available = this.#written - position;
      if (available > 0) {
        const piece = Buffer.allocUnsafe(Math.min(available, PIECE_BYTES));
        const { bytesRead } = await this.#file.read(piece, 0, piece.length, position);
        position += bytesRead;
        yield piece.subarray(0, bytesRead);
        continue;
      }
      if (this.#state.kind === "complete") return;
      if (this.#state.kind === "failed") throw this.#state.error;
      await unlessAborted(progress, signal);
    }
  }

  #announce(): void {
    this.#progress.resolve();
    this.#progress = Promise.withResolvers();
  }
}

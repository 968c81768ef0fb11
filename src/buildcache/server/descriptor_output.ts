import { closeSync } from "node:fs";
import { Writable } from "node:stream";
import { writeAll } from "./descriptor_io.ts";

/**
 * Writes to a file descriptor synchronously, and closes it with the stream: process.stdout cannot be closed, and the go
 * command waits for its end.
 */
export class DescriptorOutput extends Writable {
  readonly #descriptor: number;

  constructor(descriptor: number) {
    super({ decodeStrings: true });
    this.#descriptor = descriptor;
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (!writeAll(this.#descriptor, bytes)) this.destroy();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    closeSync(this.#descriptor);
    done(error);
  }
}

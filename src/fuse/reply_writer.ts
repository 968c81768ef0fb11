import { GomodfsError } from "../lib/gomodfs_error.ts";
import { Size } from "./protocol.ts";
import type { Unique } from "./request.ts";

/** A cursor that fills one buffer with one reply after the other: one method a wire primitive, every one bounds-checked. */
export class ReplyWriter {
  readonly #buffer: Buffer;
  #length = 0;

  /** @param capacity bytes of the longest reply, its header included */
  constructor(capacity: number) {
    this.#buffer = Buffer.alloc(capacity);
  }

  /** Room that is left, in bytes. */
  get remaining(): number {
    return this.#buffer.length - this.#length;
  }

  /** Bytes written since {@linkcode begin}. */
  get length(): number {
    return this.#length;
  }

  /** The buffer itself; the reply is its first {@linkcode length} bytes until the next {@linkcode begin}. */
  get buffer(): Buffer {
    return this.#buffer;
  }

  /** Starts a reply to the request `unique`, with room for its header. */
  begin(unique: Unique): void {
    this.#length = 0;
    this.u32(0);
    this.u32(0);
    this.u32(unique.low);
    this.u32(unique.high);
  }

  /**
   * Completes the header of a reply.
   *
   * @param errno positive, or 0
   * @param following bytes that are sent right behind the buffer's
   */
  end(errno: number, following = 0): void {
    this.#buffer.writeUInt32LE(this.#length + following, 0);
    this.#buffer.writeInt32LE(-errno, 4);
  }

  /** Completes a notification: a message to the kernel that answers no request. */
  endNotification(code: number): void {
    this.#buffer.writeUInt32LE(this.#length, 0);
    this.#buffer.writeInt32LE(code, 4);
  }

  /** Forgets everything but the header. */
  discardBody(): void {
    this.#length = Size.OUT_HEADER;
  }

  u16(value: number): void {
    this.#buffer.writeUInt16LE(value, this.#advance(2));
  }

  u32(value: number): void {
    this.#buffer.writeUInt32LE(value, this.#advance(4));
  }

  /** A 64-bit integer; `value` must be a whole number from 0 to 2^53 - 1. */
  u64(value: number): void {
    this.u32(value % 2 ** 32);
    this.u32(Math.floor(value / 2 ** 32));
  }

  bytes(value: Uint8Array): void {
    this.#buffer.set(value, this.#advance(value.length));
  }

  zeros(count: number): void {
    const start = this.#advance(count);
    this.#buffer.fill(0, start, start + count);
  }

  #advance(count: number): number {
    const start = this.#length;
    if (count > this.#buffer.length - start) {
      throw new GomodfsError("TOO_LARGE", `FUSE reply is longer than ${this.#buffer.length} bytes`);
    }
    this.#length = start + count;
    return start;
  }
}

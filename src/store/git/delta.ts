import { GomodfsError } from "../../lib/gomodfs_error.ts";

/**
 * Applies a delta to its base (gitformat-pack, "Deltified representation").
 *
 * @param maximumSize bound on the result, bytes
 * @throws GomodfsError `STORE` if the delta is damaged, not for this base or makes more than the bound
 */
export function applyDelta(base: Uint8Array, delta: Uint8Array, maximumSize: number): Uint8Array {
  const cursor = new DeltaCursor(delta);
  if (cursor.size() !== base.length) throw damaged("it is for another base");
  const size = cursor.size();
  if (size > maximumSize) throw damaged(`it makes more than ${maximumSize} bytes`);
  const result = Buffer.allocUnsafe(size);
  let end = 0;
  while (!cursor.done) {
    const piece = cursor.instruction(base);
    if (end + piece.length > size) throw damaged("it makes more than it says");
    result.set(piece, end);
    end += piece.length;
  }
  if (end !== size) throw damaged("it makes less than it says");
  return result;
}

/** A copy instruction whose size is given as 0 copies this many bytes. */
const COPY_SIZE_OF_ZERO = 0x10000;

class DeltaCursor {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#position === this.#bytes.length;
  }

  size(): number {
    let size = 0;
    let scale = 1;
    for (let byte = 0x80; (byte & 0x80) !== 0; scale *= 128) {
      byte = this.#byte();
      size += (byte & 0x7f) * scale;
      if (size > Number.MAX_SAFE_INTEGER) throw damaged("a size is out of range");
    }
    return size;
  }

  /** The bytes that the next instruction adds to the result. */
  instruction(base: Uint8Array): Uint8Array {
    const opcode = this.#byte();
    if (opcode === 0) throw damaged("an instruction is reserved");
    if ((opcode & 0x80) === 0) return this.#take(opcode);
    const offset = this.#number(opcode, 4);
    const size = this.#number(opcode >> 4, 3) || COPY_SIZE_OF_ZERO;
    if (offset + size > base.length) throw damaged("it copies from behind the base's end");
    return base.subarray(offset, offset + size);
  }

  /** A little-endian number of which only the bytes are there whose bits in `mask` are set. */
  #number(mask: number, bytes: number): number {
    let value = 0;
    for (let index = 0; index < bytes; index++) {
      if ((mask & (1 << index)) !== 0) value += this.#byte() * 2 ** (8 * index);
    }
    return value;
  }

  #byte(): number {
    const byte = this.#bytes[this.#position++];
    if (byte === undefined) throw damaged("it is cut off");
    return byte;
  }

  #take(length: number): Uint8Array {
    const start = this.#position;
    this.#position += length;
    if (this.#position > this.#bytes.length) throw damaged("it is cut off");
    return this.#bytes.subarray(start, this.#position);
  }
}

function damaged(reason: string): GomodfsError {
  return new GomodfsError("STORE", `a delta in the store is damaged: ${reason}`);
}

import { createHash } from "node:crypto";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { asBuffer, OBJECT_ID_LENGTH } from "./object_id.ts";

/** One row of a pack's index. */
export interface PackIndexEntry {
  /** 20 bytes. */
  readonly id: Uint8Array;
  /** CRC-32 of the entry as it is in the pack: header and zlib stream. */
  readonly crc32: number;
  /** Where in the pack the entry begins. */
  readonly offset: number;
}

const MAGIC = 0xff744f63;
const VERSION = 2;
const FAN_OUT_OFFSET = 8;
const NAMES_OFFSET = FAN_OUT_OFFSET + 256 * 4;
const TRAILER_LENGTH = 2 * OBJECT_ID_LENGTH;
const ENTRY_LENGTH = OBJECT_ID_LENGTH + 4 + 4;
/** The bit that says "the offset is in the table of 64-bit offsets". */
const LARGE_OFFSET = 0x80000000;

/** A version 2 pack index (gitformat-pack, "Version 2 pack-*.idx files"), read from one buffer. */
export class PackIndex {
  /** Number of objects. */
  readonly count: number;
  readonly #bytes: Buffer;
  readonly #crcsOffset: number;
  readonly #offsetsOffset: number;
  readonly #largeOffset: number;
  readonly #largeCount: number;

  /**
   * @param name what to call the file in errors
   * @throws GomodfsError `STORE` if it is no index of version 2, or its tables do not fit its length
   */
  constructor(bytes: Uint8Array, name: string) {
    this.#bytes = asBuffer(bytes);
    if (bytes.length < NAMES_OFFSET + TRAILER_LENGTH || this.#bytes.readUInt32BE(0) !== MAGIC) {
      throw new GomodfsError("STORE", `${name} is not a pack index`);
    }
    if (this.#bytes.readUInt32BE(4) !== VERSION) {
      throw new GomodfsError("STORE", `${name} is a pack index of another version than 2`, {
        hint: "run git repack -ad in the store",
      });
    }
    this.count = this.#fanOut(255);
    this.#crcsOffset = NAMES_OFFSET + this.count * OBJECT_ID_LENGTH;
    this.#offsetsOffset = this.#crcsOffset + this.count * 4;
    this.#largeOffset = this.#offsetsOffset + this.count * 4;
    const largeLength = bytes.length - TRAILER_LENGTH - this.#largeOffset;
    this.#largeCount = largeLength / 8;
    if (largeLength < 0 || largeLength % 8 !== 0 || !this.#fanOutAscends()) {
      throw new GomodfsError("STORE", `${name} is damaged: its tables do not fit its length`);
    }
  }

  /** The row of an id, -1 if the pack does not have it. */
  find(id: Uint8Array): number {
    const first = id[0] ?? 0;
    let low = first === 0 ? 0 : this.#fanOut(first - 1);
    let high = this.#fanOut(first) - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const order = this.#compare(middle, id);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  /** Whether row `position` is the one of `id`. */
  has(position: number, id: Uint8Array): boolean {
    return this.#compare(position, id) === 0;
  }

  /** The 20 bytes of the id in row `position`; a view. */
  id(position: number): Uint8Array {
    const start = NAMES_OFFSET + position * OBJECT_ID_LENGTH;
    return this.#bytes.subarray(start, start + OBJECT_ID_LENGTH);
  }

  /** The first four bytes of the id in row `position`, as a number. */
  idPrefix(position: number): number {
    return this.#bytes.readUInt32BE(NAMES_OFFSET + position * OBJECT_ID_LENGTH);
  }

  crc32(position: number): number {
    return this.#bytes.readUInt32BE(this.#crcsOffset + position * 4);
  }

  /**
   * Where in the pack the entry of row `position` begins.
   *
   * @throws GomodfsError `STORE` if the table of 64-bit offsets does not have it
   */
  offset(position: number): number {
    const offset = this.#bytes.readUInt32BE(this.#offsetsOffset + position * 4);
    if (offset < LARGE_OFFSET) return offset;
    const large = offset - LARGE_OFFSET;
    if (large >= this.#largeCount) throw new GomodfsError("STORE", "the pack index is damaged");
    return Number(this.#bytes.readBigUInt64BE(this.#largeOffset + large * 8));
  }

  #fanOut(byte: number): number {
    return this.#bytes.readUInt32BE(FAN_OUT_OFFSET + byte * 4);
  }

  #fanOutAscends(): boolean {
    for (let byte = 1; byte < 256; byte++) {
      if (this.#fanOut(byte) < this.#fanOut(byte - 1)) return false;
    }
    return true;
  }

  #compare(position: number, id: Uint8Array): number {
    const start = NAMES_OFFSET + position * OBJECT_ID_LENGTH;
    return this.#bytes.compare(id, 0, OBJECT_ID_LENGTH, start, start + OBJECT_ID_LENGTH);
  }
}

/**
 * The index file of a pack.
 *
 * @param packChecksum the pack's trailer, 20 bytes
 */
export function encodePackIndex(
  entries: readonly PackIndexEntry[],
  packChecksum: Uint8Array,
): Buffer {
  const sorted = entries.toSorted((a, b) => Buffer.compare(a.id, b.id));
  const large = sorted.filter((entry) => entry.offset >= LARGE_OFFSET);
  const bytes = Buffer.alloc(
    NAMES_OFFSET + sorted.length * ENTRY_LENGTH + large.length * 8 + TRAILER_LENGTH,
  );
  bytes.writeUInt32BE(MAGIC, 0);
  bytes.writeUInt32BE(VERSION, 4);
  writeFanOut(bytes, sorted);
  const crcsOffset = NAMES_OFFSET + sorted.length * OBJECT_ID_LENGTH;
  const offsetsOffset = crcsOffset + sorted.length * 4;
  let largeEnd = offsetsOffset + sorted.length * 4;
  let largeCount = 0;
  for (const [position, entry] of sorted.entries()) {
    bytes.set(entry.id, NAMES_OFFSET + position * OBJECT_ID_LENGTH);
    bytes.writeUInt32BE(entry.crc32, crcsOffset + position * 4);
    let offset = entry.offset;
    if (offset >= LARGE_OFFSET) {
      bytes.writeBigUInt64BE(BigInt(offset), largeEnd);
      largeEnd += 8;
      offset = LARGE_OFFSET + largeCount++;
    }
    bytes.writeUInt32BE(offset, offsetsOffset + position * 4);
  }
  bytes.set(packChecksum, largeEnd);
  const checksumOffset = largeEnd + OBJECT_ID_LENGTH;
  bytes.set(createHash("sha1").update(bytes.subarray(0, checksumOffset)).digest(), checksumOffset);
  return bytes;
}

function writeFanOut(bytes: Buffer, sorted: readonly PackIndexEntry[]): void {
  let position = 0;
  for (let byte = 0; byte < 256; byte++) {
    while (position < sorted.length && (sorted[position]?.id[0] ?? 256) <= byte) position++;
    bytes.writeUInt32BE(position, FAN_OUT_OFFSET + byte * 4);
  }
}

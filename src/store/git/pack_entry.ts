import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { OBJECT_ID_LENGTH, type ObjectType } from "./object_id.ts";

/**
 * What stands before an entry's zlib stream in a pack (gitformat-pack, "pack-*.pack files have the following format").
 * `size` is the content's, or the delta's, after inflating; `length` the bytes of the header itself.
 */
export type PackEntryHeader =
  | {
      readonly kind: "whole";
      readonly type: ObjectType;
      readonly size: number;
      readonly length: number;
    }
  | {
      readonly kind: "ofs-delta";
      readonly size: number;
      readonly length: number;
      /** How many bytes before this entry its base begins. */
      readonly distance: number;
    }
  | {
      readonly kind: "ref-delta";
      readonly size: number;
      readonly length: number;
      readonly baseId: Uint8Array;
    };

/** Type numbers of gitformat-pack; 0 and 5 are not in use. */
const TYPE_NUMBERS = { commit: 1, tree: 2, blob: 3, tag: 4 } as const;
const OFS_DELTA = 6;
const REF_DELTA = 7;

/** The longest header there is: eight bytes of size (53 bits), then 20 bytes of a base's id. */
export const MAXIMUM_ENTRY_HEADER_LENGTH = 8 + OBJECT_ID_LENGTH;

/** The header of a whole (not deltified) entry whose content has `size` bytes. */
export function encodeEntryHeader(type: ObjectType, size: number): Buffer {
  const bytes = [(TYPE_NUMBERS[type] << 4) | (size & 0x0f)];
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.push(rest & 0x7f);
  }
  return Buffer.from(bytes.map((byte, index) => (index < bytes.length - 1 ? byte | 0x80 : byte)));
}

/** How many bytes {@linkcode encodeEntryHeader} makes for this size. */
export function entryHeaderLength(size: number): number {
  let length = 1;
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) length++;
  return length;
}

/**
 * Reads the header at the beginning of `bytes`.
 *
 * @throws GomodfsError `STORE` if no valid header is there
 */
export function decodeEntryHeader(bytes: Uint8Array): PackEntryHeader {
  const first = byteAt(bytes, 0);
  let size = first & 0x0f;
  let scale = 16;
  let length = 1;
  for (let byte = first; (byte & 0x80) !== 0; scale *= 128) {
    byte = byteAt(bytes, length++);
    size += (byte & 0x7f) * scale;
    if (size > Number.MAX_SAFE_INTEGER) throw damaged("its size is out of range");
  }
  switch ((first >> 4) & 7) {
    case TYPE_NUMBERS.commit:
      return { kind: "whole", type: "commit", size, length };
    case TYPE_NUMBERS.tree:
      return { kind: "whole", type: "tree", size, length };
    case TYPE_NUMBERS.blob:
      return { kind: "whole", type: "blob", size, length };
    case TYPE_NUMBERS.tag:
      return { kind: "whole", type: "tag", size, length };
    case OFS_DELTA: {
      const base = decodeDistance(bytes, length);
      return { kind: "ofs-delta", size, length: base.end, distance: base.distance };
    }
    case REF_DELTA: {
      const end = length + OBJECT_ID_LENGTH;
      if (end > bytes.length) throw damaged("it is cut off");
      return {
        kind: "ref-delta",
        size,
        length: end,
        baseId: Uint8Array.from(bytes.subarray(length, end)),
      };
    }
    default:
      throw damaged("its type is unknown");
  }
}

/** The offset encoding of gitformat-pack: big-endian groups of seven bits, one added for each byte that follows. */
function decodeDistance(bytes: Uint8Array, start: number): { distance: number; end: number } {
  let end = start;
  let byte = byteAt(bytes, end++);
  let distance = byte & 0x7f;
  while ((byte & 0x80) !== 0) {
    byte = byteAt(bytes, end++);
    distance = (distance + 1) * 128 + (byte & 0x7f);
    if (distance > Number.MAX_SAFE_INTEGER) throw damaged("its base is out of range");
  }
  return { distance, end };
}

function byteAt(bytes: Uint8Array, index: number): number {
  const byte = bytes[index];
  if (byte === undefined) throw damaged("it is cut off");
  return byte;
}

function damaged(reason: string): GomodfsError {
  return new GomodfsError("STORE", `the pack entry's header is damaged: ${reason}`);
}

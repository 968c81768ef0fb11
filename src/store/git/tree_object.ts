import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { asBuffer, OBJECT_ID_LENGTH } from "./object_id.ts";

/** One row of a tree object. */
export interface TreeEntry {
  /** Octal as git writes it: `100644` a file, `40000` a directory. */
  readonly mode: string;
  /** Bytes of the name; UTF-8 as far as gomodfs writes it. */
  readonly name: Uint8Array;
  /** 20 bytes. */
  readonly id: Uint8Array;
}

export const FILE_MODE = "100644";
export const DIRECTORY_MODE = "40000";

const SPACE = 0x20;
const NUL = 0;
/** Longer than any mode that git has. */
const MAXIMUM_MODE_LENGTH = 8;
/** Bytes of a row besides mode and name: a space, a NUL and the id. */
const ROW_OVERHEAD = 2 + OBJECT_ID_LENGTH;

/** The content of a tree object; entries must be in git's order: a directory's name as if it ended in a slash. */
export function encodeTree(entries: readonly TreeEntry[]): Buffer {
  let length = 0;
  for (const { mode, name } of entries) length += mode.length + name.length + ROW_OVERHEAD;
  const bytes = Buffer.allocUnsafe(length);
  let end = 0;
  for (const { mode, name, id } of entries) {
    end += bytes.write(mode, end, "latin1");
    bytes[end] = SPACE;
    bytes.set(name, end + 1);
    end += 1 + name.length;
    bytes[end] = NUL;
    bytes.set(id, end + 1);
    end += 1 + OBJECT_ID_LENGTH;
  }
  return bytes;
}

/**
 * The rows of a tree object.
 *
 * @throws GomodfsError `STORE` if the content is damaged
 */
export function* decodeTree(content: Uint8Array): Generator<TreeEntry, undefined> {
  const bytes = asBuffer(content);
  for (let start = 0; start < bytes.length; ) {
    const space = bytes.indexOf(SPACE, start);
    const nul = bytes.indexOf(NUL, space + 1);
    const end = nul + 1 + OBJECT_ID_LENGTH;
    if (space < 0 || space - start > MAXIMUM_MODE_LENGTH || nul < 0 || end > bytes.length) {
      throw new GomodfsError("STORE", "a tree in the store is damaged");
    }
    yield {
      mode: bytes.toString("latin1", start, space),
      name: bytes.subarray(space + 1, nul),
      id: bytes.subarray(nul + 1, end),
    };
    start = end;
  }
}

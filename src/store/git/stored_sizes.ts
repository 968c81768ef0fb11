import type { Manifest } from "../manifest.ts";
import { ZLIB_OVERHEAD } from "../zlib_stream.ts";
import type { ObjectDatabase } from "./object_database.ts";
import type { Pack } from "./pack.ts";

/**
 * The lengths of the deflate streams that the files of a module have in the store now, -1 for a file that is a delta or
 * loose. For stores that git copied (clone, push, repack): it may have packed files anew.
 */
export function storedSizesNow(database: ObjectDatabase, manifest: Manifest): Int32Array {
  return Int32Array.from({ length: manifest.count }, (_, index) => {
    const id = manifest.objectId(index);
    const length = database.search(id, (pack, offset) => streamLength(pack, offset));
    return length === undefined ? -1 : length - ZLIB_OVERHEAD;
  });
}

/** Bytes of an entry's zlib stream; undefined for a delta. */
export function streamLength(pack: Pack, offset: number): number | undefined {
  const header = pack.header(offset);
  return header.kind === "whole" ? pack.entryEnd(offset) - offset - header.length : undefined;
}

import { GomodfsError } from "../lib/gomodfs_error.ts";
import { asBuffer } from "./text.ts";

/**
 * The texts of the records in a data tile (`/tile/H/data/K`), which has them one behind the other, each with a blank line
 * after it (golang.org/x/mod/sumdb.Server; a record has no blank line of its own).
 *
 * @param count records that there must be
 * @throws GomodfsError `PROTOCOL` if there are more or fewer
 */
export function splitDataTile(data: Uint8Array, count: number): Uint8Array[] {
  const buffer = asBuffer(data);
  const texts: Uint8Array[] = [];
  let start = 0;
  while (start < data.length && texts.length <= count) {
    const blankLine = buffer.indexOf("\n\n", start);
    if (blankLine < 0) break;
    texts.push(data.subarray(start, blankLine + 1));
    start = blankLine + 2;
  }
  if (texts.length === count && start === data.length) return texts;
  throw new GomodfsError("PROTOCOL", `a data tile does not have ${count} records`);
}

/** The beginning of a data tile: that with its first `count` records. */
export function joinDataTile(texts: readonly Uint8Array[], count: number): Uint8Array {
  return Buffer.concat(texts.slice(0, count).flatMap((text) => [text, Buffer.from("\n")]));
}

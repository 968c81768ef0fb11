import type { GomodfsError } from "../../lib/gomodfs_error.ts";
import { maxHeadBytes, protocolError } from "./response_head.ts";

const HEAD_END = "\r\n\r\n";
const BEGINNING = "HTTP/1.";
const INITIAL_CAPACITY = 4096;

/** A head without the empty line that ends it, and where its bytes stop in those given last. */
export interface CollectedHead {
  /** Latin-1 */
  readonly block: string;
  readonly end: number;
}

/** Finds the end of a head, and keeps the bytes of one that arrives in several pieces. */
export class HeadCollector {
  #collected: Buffer | undefined;
  #length = 0;

  /**
   * Looks for the rest of a head in `bytes` from `start` to `end`; undefined if more must come, for which all are kept.
   *
   * @throws GomodfsError `PROTOCOL` for more than {@linkcode maxHeadBytes}, and for what does not begin as one
   */
  collect(bytes: Buffer, start: number, end: number): CollectedHead | undefined {
    if (this.#length > 0) return this.#continue(bytes, start, end);
    const found = bytes.subarray(start, end).indexOf(HEAD_END, 0, "latin1");
    const length = found < 0 ? end - start : found + HEAD_END.length;
    if (length > maxHeadBytes) throw tooLong();
    if (found < 0) {
      this.#append(bytes, start, end);
      return undefined;
    }
    return { block: bytes.toString("latin1", start, start + found), end: start + length };
  }

  #continue(bytes: Buffer, start: number, end: number): CollectedHead | undefined {
    const before = this.#length;
    // No further than the bound: the rest of the read may be a body.
    const taken = Math.min(end, start + maxHeadBytes - before);
    const collected = this.#append(bytes, start, taken);
    const searchFrom = Math.max(0, before - HEAD_END.length + 1);
    const found = collected.subarray(0, this.#length).indexOf(HEAD_END, searchFrom, "latin1");
    if (found < 0) {
      if (this.#length >= maxHeadBytes) throw tooLong();
      return undefined;
    }
    this.#collected = undefined;
    this.#length = 0;
    const headEnd = start + found + HEAD_END.length - before;
    return { block: collected.toString("latin1", 0, found), end: headEnd };
  }

  #append(bytes: Buffer, start: number, end: number): Buffer {
    const needed = this.#length + end - start;
    let collected = this.#collected;
    if (collected === undefined || collected.length < needed) {
      const capacity = Math.max(INITIAL_CAPACITY, needed, 2 * (collected?.length ?? 0));
      const larger = Buffer.allocUnsafeSlow(capacity);
      collected?.copy(larger, 0, 0, this.#length);
      collected = larger;
      this.#collected = collected;
    }
    bytes.copy(collected, this.#length, start, end);
    this.#length = needed;
    // At once: another protocol, or HTTP/0.9, may never come to an end of a head.
    const beginning = collected.toString("latin1", 0, Math.min(needed, BEGINNING.length));
    if (!BEGINNING.startsWith(beginning)) throw protocolError("no status line of HTTP/1.1");
    return collected;
  }
}

function tooLong(): GomodfsError {
  return protocolError(`a head of more than ${maxHeadBytes} bytes`);
}

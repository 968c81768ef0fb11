import { GomodfsError } from "../lib/gomodfs_error.ts";

const NEWLINE = 0x0a;

/** Cuts a stream of bytes into lines of UTF-8, none longer than a bound. */
export class LineDecoder {
  readonly #maxBytes: number;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  /** The pieces of the line that has no end yet; joined once, so that a long line costs linear time. */
  #pieces: Uint8Array[] = [];
  #pending = 0;

  /** @param maxBytes the bound of one line, without its newline */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of a line that has not ended. */
  get pending(): number {
    return this.#pending;
  }

  /**
   * The lines that `chunk` completes.
   *
   * @throws GomodfsError `TOO_LARGE` for a line over the bound, `PROTOCOL` for one that is not UTF-8; the stream cannot be
   * followed after either
   */
  *push(chunk: Uint8Array): Generator<string> {
    let rest = chunk;
    for (;;) {
      const end = rest.indexOf(NEWLINE);
      this.#keep(end < 0 ? rest : rest.subarray(0, end));
      if (end < 0) return;
      yield this.#takeLine();
      rest = rest.subarray(end + 1);
    }
  }

  #keep(piece: Uint8Array): void {
    this.#pending += piece.length;
    if (this.#pending > this.#maxBytes) {
      throw new GomodfsError("TOO_LARGE", `a line is longer than ${this.#maxBytes} bytes`);
    }
    if (piece.length > 0) this.#pieces.push(piece);
  }

  #takeLine(): string {
    const bytes = Buffer.concat(this.#pieces, this.#pending);
    this.#pieces = [];
    this.#pending = 0;
    try {
      return this.#decoder.decode(bytes);
    } catch (cause) {
      throw new GomodfsError("PROTOCOL", "a line is not UTF-8", { cause });
    }
  }
}

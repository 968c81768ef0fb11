import type { IngestedModule } from "./ingested_module.ts";
import { type ClosableReader, openZipBytes } from "./zip_bytes_reader.ts";

/** Longer streams are read in pieces of this many bytes. */
const PIECE_LENGTH = 1024 * 1024;

/** Reads the raw deflate streams of a module that was taken apart, wherever they are. */
export class DeflateStreams implements Disposable {
  readonly #offsets: Float64Array;
  readonly #added: Uint8Array;
  readonly #zip: ClosableReader;

  /** @throws GomodfsError `STORE` if the zip is in a file that cannot be opened */
  constructor({ zip, offsets, added }: IngestedModule) {
    this.#offsets = offsets;
    this.#added = added;
    this.#zip = openZipBytes(zip);
  }

  /**
   * The stream of the file at `index` of the manifest, in pieces that are valid until the next one.
   *
   * @param length its stored size in the manifest that came with it
   */
  *pieces(index: number, length: number): Generator<Uint8Array, undefined> {
    const offset = this.#offsets[index];
    if (offset === undefined) throw new RangeError(`no stream of file ${index}`);
    const start = offset - this.#zip.size;
    if (start >= 0) {
      yield this.#added.subarray(start, start + length);
      return;
    }
    for (let done = 0; done < length; done += PIECE_LENGTH) {
      yield this.#zip.readTransient(offset + done, Math.min(PIECE_LENGTH, length - done));
    }
  }

  [Symbol.dispose](): void {
    this.#zip.close();
  }
}

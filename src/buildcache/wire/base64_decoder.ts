import { GomodfsError } from "../../lib/gomodfs_error.ts";

const EMPTY = new Uint8Array(0);

/** Decodes standard, padded base64 (RFC 4648, section 4) of a known length that comes in pieces. */
export class Base64Decoder {
  readonly #size: number;
  #decoded = 0;
  /** Up to three characters whose group of four is not complete. */
  #rest = "";

  /** @param size bytes that the whole text stands for */
  constructor(size: number) {
    this.#size = size;
  }

  /**
   * The bytes that are complete with the next characters.
   *
   * @throws GomodfsError `PROTOCOL` for more bytes than announced, or other characters
   */
  decode(characters: Buffer): Uint8Array {
    const text = this.#rest + characters.toString("latin1");
    const complete = text.length - (text.length % 4);
    this.#rest = text.slice(complete);
    if (complete === 0) return EMPTY;
    const bytes = Buffer.from(complete === text.length ? text : text.slice(0, complete), "base64");
    this.#decoded += bytes.length;
    // Fewer bytes than the characters stand for: Buffer.from passed some over, or stopped at padding in the middle.
    const padding = this.#decoded === this.#size ? (3 - (this.#size % 3)) % 3 : 0;
    if (this.#decoded > this.#size || bytes.length + padding !== (complete / 4) * 3) {
      throw new GomodfsError("PROTOCOL", "the body of a put is not the base64 of its BodySize");
    }
    return bytes;
  }

  /** @throws GomodfsError `PROTOCOL` if bytes are missing */
  finish(): void {
    if (this.#decoded === this.#size && this.#rest === "") return;
    throw new GomodfsError("PROTOCOL", "the body of a put is shorter than its BodySize");
  }
}

import { protocolError } from "./response_head.ts";

/** Bytes of a chunk's size with its extensions; as many as Go's net/http takes (`maxLineLength`). */
const maxSizeLine = 4096;
/** Bytes of the trailer section, line ends included. */
const maxTrailerBytes = 64 << 10;

const HT = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SP = 0x20;
const SEMICOLON = 0x3b;

/** Where in RFC 9112 section 7.1's grammar the next byte stands. */
type State =
  | "size"
  | "extension"
  | "size LF"
  | "data"
  | "data CR"
  | "data LF"
  | "trailer line"
  | "trailer field"
  | "trailer LF"
  | "last LF"
  | "end";

/**
 * The chunked transfer coding, a byte at a time outside the data. Extensions and trailers are read and dropped. State
 * machine rather than lines: nothing has to be collected, however the bytes are split.
 */
export class ChunkedDecoder {
  #state: State = "size";
  /** Of the chunk: as far as its size is read, then what is missing of its data. */
  #left = 0;
  #digits = 0;
  #lineBytes = 0;
  #trailerBytes = 0;

  /** Whether the last byte of the body was read. */
  get ended(): boolean {
    return this.#state === "end";
  }

  /** Bytes of data that come next; 0 where something else does. */
  get dataLeft(): number {
    return this.#state === "data" ? this.#left : 0;
  }

  /** Counts bytes of data as taken, no more than {@linkcode dataLeft}. */
  takeData(count: number): void {
    this.#left -= count;
    if (this.#left === 0) this.#state = "data CR";
  }

  /**
   * Reads what is not data from `start` on, until data, the end of the body, or `end`. Returns where it stopped.
   *
   * @throws GomodfsError `PROTOCOL`
   */
  readFraming(bytes: Uint8Array, start: number, end: number): number {
    let position = start;
    while (position < end && this.#state !== "data" && this.#state !== "end") {
      this.#read(bytes[position] ?? 0);
      position += 1;
    }
    return position;
  }

  #read(byte: number): void {
    switch (this.#state) {
      case "size":
        this.#readSize(byte);
        break;
      case "extension":
        this.#countLine();
        if (byte === CR) this.#state = "size LF";
        else if (!isFieldContent(byte)) throw protocolError("a malformed chunk extension");
        break;
      case "size LF":
        expect(byte, LF, "chunk size");
        this.#lineBytes = 0;
        this.#digits = 0;
        this.#state = this.#left === 0 ? "trailer line" : "data";
        break;
      case "data CR":
        expect(byte, CR, "chunk");
        this.#state = "data LF";
        break;
      case "data LF":
        expect(byte, LF, "chunk");
        this.#state = "size";
        break;
      case "trailer line":
        this.#countTrailer();
        if (byte === CR) this.#state = "last LF";
        else this.#readTrailerField(byte);
        break;
      case "trailer field":
        this.#countTrailer();
        if (byte === CR) this.#state = "trailer LF";
        else this.#readTrailerField(byte);
        break;
      case "trailer LF":
        this.#countTrailer();
        expect(byte, LF, "trailer");
        this.#state = "trailer line";
        break;
      case "last LF":
        expect(byte, LF, "body");
        this.#state = "end";
        break;
      case "data":
      case "end":
        // The loop above does not come here.
        break;
    }
  }

  #readSize(byte: number): void {
    this.#countLine();
    const digit = hexDigit(byte);
    if (digit >= 0) {
      this.#left = this.#left * 16 + digit;
      this.#digits += 1;
      if (!Number.isSafeInteger(this.#left)) throw protocolError("a chunk of impossible size");
    } else if (this.#digits === 0) {
      throw protocolError("a chunk without a size");
    } else if (byte === CR) {
      this.#state = "size LF";
    } else if (byte === SEMICOLON || byte === SP || byte === HT) {
      this.#state = "extension";
    } else {
      throw protocolError("a malformed chunk size");
    }
  }

  #readTrailerField(byte: number): void {
    if (!isFieldContent(byte)) throw protocolError("a control character in a trailer");
    this.#state = "trailer field";
  }

  #countTrailer(): void {
    this.#trailerBytes += 1;
    if (this.#trailerBytes > maxTrailerBytes) {
      throw protocolError(`trailers of more than ${maxTrailerBytes} bytes`);
    }
  }

  #countLine(): void {
    this.#lineBytes += 1;
    if (this.#lineBytes > maxSizeLine) {
      throw protocolError(`a chunk extension of more than ${maxSizeLine} bytes`);
    }
  }
}

function expect(byte: number, expected: number, after: string): void {
  if (byte !== expected) throw protocolError(`no line end after a ${after}`);
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : -1;
}

function isFieldContent(byte: number): boolean {
  return byte === HT || (byte >= SP && byte !== 0x7f);
}

import { GomodfsError } from "../../lib/gomodfs_error.ts";

/** What a bridge may say before the go command says anything: `token TOKEN` and a newline. */
const PREFIX = Buffer.from("token ");
/** Bytes of the line. */
const MAX_LINE = 1_024;
const NEWLINE = 0x0a;
const TOKEN = /^[!-~]{1,512}$/;

/** The line by which a bridge says that its build may write. @throws GomodfsError `USAGE` */
export function formatTokenLine(token: string): string {
  if (TOKEN.test(token)) return `${PREFIX.toString()}${token}\n`;
  throw new GomodfsError("USAGE", "a token has 1 to 512 characters of ASCII and no spaces");
}

/** Takes such a line off the beginning of what a connection sends; one without it is the go command's from the first byte on. */
export class TokenLine {
  #beginning: Buffer | undefined = Buffer.alloc(0);
  #token: string | undefined;

  /** Undefined if none was sent, or none yet. */
  get token(): string | undefined {
    return this.#token;
  }

  /**
   * What of the next bytes is the go command's.
   *
   * @throws GomodfsError `PROTOCOL` for a line that does not end
   */
  takeOff(input: Buffer): Buffer {
    if (this.#beginning === undefined) return input;
    const beginning = Buffer.concat([this.#beginning, input]);
    const length = Math.min(beginning.length, PREFIX.length);
    if (beginning.compare(PREFIX, 0, length, 0, length) !== 0) return this.#decide(beginning);
    const newline = beginning.indexOf(NEWLINE);
    if (newline >= 0 && newline <= MAX_LINE) {
      this.#token = beginning.toString("latin1", PREFIX.length, newline);
      return this.#decide(beginning.subarray(newline + 1));
    }
    if (beginning.length > MAX_LINE) throw new GomodfsError("PROTOCOL", "the token is too long");
    this.#beginning = beginning;
    return Buffer.alloc(0);
  }

  #decide(rest: Buffer): Buffer {
    this.#beginning = undefined;
    return rest;
  }
}

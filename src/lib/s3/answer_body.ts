import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { GomodfsError } from "../gomodfs_error.ts";
import { networkError } from "../network_error.ts";
import { cancelledError } from "./cancellation.ts";

/** How an {@linkcode AnswerBody} is read. */
export interface AnswerBodyOptions {
  /** How messages call the request. */
  readonly name: string;
  /** Milliseconds that the server may send nothing while somebody waits for it. */
  readonly stallTimeout: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * The body of an answer. It ends only if it is complete; or else it fails with GomodfsError `UPSTREAM`, `TIMEOUT` or
 * `CANCELLED`. Who reads slowly makes the server wait.
 */
export class AnswerBody extends Readable {
  /** Bytes that the server announced; undefined if it did not. */
  readonly size: number | undefined;
  readonly #message: IncomingMessage;
  readonly #options: AnswerBodyOptions;
  readonly #abort: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(message: IncomingMessage, options: AnswerBodyOptions) {
    super();
    this.#message = message;
    this.#options = options;
    this.size = contentLength(message);
    this.#abort = () => this.destroy(cancelledError(options.name, options.signal));
    options.signal?.addEventListener("abort", this.#abort, { once: true });
    message.on("data", (chunk: Buffer) => this.#take(chunk));
    message.on("end", () => {
      clearTimeout(this.#timer);
      this.push(null);
    });
    message.on("error", (error) => this.destroy(networkError(options.name, error)));
    message.on("close", () => {
      if (!message.complete) this.destroy(cutShort(options.name));
    });
    message.pause();
    // Whoever reads it learns of its error; until somebody does, a broken connection must not end the process.
    this.on("error", () => undefined);
  }

  override _read(): void {
    this.#watch();
    this.#message.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.#timer);
    this.#options.signal?.removeEventListener("abort", this.#abort);
    // A body that is complete has given its connection back; any other one takes it along.
    if (!this.#message.readableEnded) this.#message.destroy();
    callback(error);
  }

  #take(chunk: Buffer): void {
    clearTimeout(this.#timer);
    if (this.push(chunk)) this.#watch();
    else this.#message.pause();
  }

  #watch(): void {
    clearTimeout(this.#timer);
    const { stallTimeout, name } = this.#options;
    this.#timer = setTimeout(() => {
      const reason = `the server sent nothing for ${stallTimeout} ms`;
      this.destroy(new GomodfsError("TIMEOUT", `${name}: ${reason}`));
    }, stallTimeout);
  }
}

/**
 * All bytes of a body.
 *
 * @throws GomodfsError `TOO_LARGE` if there are more than `maxBytes`, and what the body throws
 */
export async function readAll(body: AnswerBody, name: string, maxBytes: number): Promise<Buffer> {
  if (body.size !== undefined && body.size > maxBytes) {
    body.destroy();
    throw tooLarge(name, maxBytes);
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError("an answer gives bytes");
    length += chunk.length;
    if (length > maxBytes) throw tooLarge(name, maxBytes);
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

function tooLarge(name: string, maxBytes: number): GomodfsError {
  return new GomodfsError("TOO_LARGE", `${name}: the answer has more than ${maxBytes} bytes`);
}

function cutShort(name: string): GomodfsError {
  const cause = Object.assign(new Error("aborted"), { code: "ECONNRESET" });
  return networkError(name, cause);
}

function contentLength({ headers }: IncomingMessage): number | undefined {
  const text = headers["content-length"];
  if (text === undefined || !/^\d{1,15}$/.test(text)) return undefined;
  return Number(text);
}

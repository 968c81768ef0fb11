import { GomodfsError, isGomodfsError } from "../../lib/gomodfs_error.ts";
import { decodeActionId, decodeOutputId } from "../identifier.ts";
import { Base64Decoder } from "./base64_decoder.ts";
import type { Request } from "./message.ts";

/** Is told what a {@linkcode RequestDecoder} finds. */
export interface RequestListener {
  /** A request; the body of a put follows. */
  onRequest(request: Request): void;
  /** Some bytes of the body of the last put. They are only there during the call. */
  onBody(bytes: Uint8Array): void;
  /** The body is complete: as many bytes came as the put announced. */
  onBodyEnd(): void;
}

/** Bytes of a line other than a body: requests have some 200. */
const MAX_LINE = 64 * 1024;
/** Bytes of a body: what one file of a build may have. */
const MAX_BODY = 2 ** 40;

const NEWLINE = 0x0a;
const QUOTE = 0x22;

/**
 * Takes apart what the go command writes to a cache program: a JSON object a line, some lines empty, and after a put with
 * a body one line with that body, base64 in double quotes. Bodies are passed on piece by piece.
 */
export class RequestDecoder {
  readonly #listener: RequestListener;
  /** The beginning of a line whose end has not come. */
  #partial: Buffer[] = [];
  #partialLength = 0;
  /** Where in a body it is; undefined outside of bodies. */
  #body: { readonly base64: Base64Decoder; state: "before" | "inside" | "after" } | undefined;

  constructor(listener: RequestListener) {
    this.#listener = listener;
  }

  /** Whether the input may end here. */
  get isBetweenRequests(): boolean {
    return this.#body === undefined && this.#partialLength === 0;
  }

  /**
   * Takes the next bytes of the input, in pieces of any length.
   *
   * @throws GomodfsError `PROTOCOL` if no go command would write this: nothing that follows can be understood
   */
  push(input: Buffer): void {
    for (let offset = 0; offset < input.length; ) {
      offset =
        this.#body === undefined ? this.#takeLine(input, offset) : this.#takeBody(input, offset);
    }
  }

  #takeLine(input: Buffer, offset: number): number {
    const newline = input.indexOf(NEWLINE, offset);
    const end = newline < 0 ? input.length : newline;
    const piece = input.subarray(offset, end);
    if (this.#partialLength + piece.length > MAX_LINE) {
      throw new GomodfsError("PROTOCOL", `a request is longer than ${MAX_LINE} bytes`);
    }
    if (newline < 0) {
      // The caller may use the memory of its input again.
      this.#partial.push(Buffer.from(piece));
      this.#partialLength += piece.length;
      return end;
    }
    const line = this.#partialLength === 0 ? piece : Buffer.concat([...this.#partial, piece]);
    this.#partial = [];
    this.#partialLength = 0;
    if (line.length > 0) this.#takeRequest(line.toString("utf8"));
    return newline + 1;
  }

  #takeRequest(line: string): void {
    const request = decodeRequest(line);
    this.#listener.onRequest(request);
    if (request.command !== "put") return;
    if (request.bodySize === 0) this.#listener.onBodyEnd();
    else this.#body = { base64: new Base64Decoder(request.bodySize), state: "before" };
  }

  #takeBody(input: Buffer, offset: number): number {
    const body = this.#body;
    if (body === undefined) throw new Error("no body is expected");
    const byte = input[offset];
    switch (body.state) {
      case "before":
        // The encoder of the request writes a newline, and cmd/go another one before the body.
        if (byte === NEWLINE) return offset + 1;
        if (byte !== QUOTE) throw bodyError("does not begin with a double quote");
        body.state = "inside";
        return offset + 1;
      case "inside": {
        const quote = input.indexOf(QUOTE, offset);
        const end = quote < 0 ? input.length : quote;
        const bytes = body.base64.decode(input.subarray(offset, end));
        if (bytes.length > 0) this.#listener.onBody(bytes);
        if (quote < 0) return end;
        body.base64.finish();
        body.state = "after";
        return quote + 1;
      }
      case "after":
        if (byte !== NEWLINE) throw bodyError("goes on behind its closing quote");
        this.#body = undefined;
        this.#listener.onBodyEnd();
        return offset + 1;
    }
  }
}

function decodeRequest(line: string): Request {
  const message = parseObject(line);
  const { ID: id, Command: command } = message;
  if (typeof id !== "number" || !Number.isSafeInteger(id) || typeof command !== "string") {
    throw new GomodfsError("PROTOCOL", "a request lacks its ID or Command");
  }
  switch (command) {
    case "get":
      return orInvalid(id, () => ({ command, id, actionId: decodeActionId(message["ActionID"]) }));
    case "put":
      return {
        command,
        id,
        actionId: decodeActionId(message["ActionID"]),
        // Until Go 1.24 with GOEXPERIMENT=cacheprog it was called ObjectID.
        outputId: decodeOutputId(message["OutputID"] ?? message["ObjectID"]),
        bodySize: bodySize(message["BodySize"]),
      };
    case "close":
      return { command, id };
    default:
      return { command: "invalid", id, reason: `unknown command ${JSON.stringify(command)}` };
  }
}

/** What concerns this request only is answered; behind a put, nobody could tell where the next request begins. */
function orInvalid(id: number, read: () => Request): Request {
  try {
    return read();
  } catch (error) {
    if (!isGomodfsError(error)) throw error;
    return { command: "invalid", id, reason: error.message };
  }
}

function bodySize(value: unknown): number {
  // Left out where it is zero ("omitempty").
  if (value === undefined) return 0;
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MAX_BODY) {
    return value;
  }
  throw new GomodfsError("PROTOCOL", "BodySize is no number of bytes");
}

function parseObject(line: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new GomodfsError("PROTOCOL", "a request is not JSON", { cause });
  }
  if (isRecord(value)) return value;
  throw new GomodfsError("PROTOCOL", "a request is not a JSON object");
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function bodyError(reason: string): GomodfsError {
  return new GomodfsError("PROTOCOL", `the body of a put ${reason}`);
}

import {
  type BodyFraming,
  bodyFraming,
  keepsConnection,
  type RequestMethod,
} from "./body_framing.ts";
import { ChunkedDecoder } from "./chunked_decoder.ts";
import { HeadCollector } from "./head_collector.ts";
import { parseResponseHead, protocolError, type ResponseHead } from "./response_head.ts";

/** What {@linkcode ResponseDecoder.next} found. `more`: all bytes are used up, and the answer is not complete. */
export type ResponseEvent = "more" | "head" | "body" | "end";

/** Answers such as 100 and 103 that come before the one asked for; Go's net/http takes five. */
const maxInterimResponses = 5;

const nothing = Buffer.alloc(0);

/**
 * Decodes one answer of HTTP/1.1 (RFC 9112) from the bytes of a connection, in pieces of any size. Asked for one event
 * after another, so that whoever takes the body can make it wait in the middle of a piece.
 */
export class ResponseDecoder {
  readonly #method: RequestMethod;
  readonly #headCollector = new HeadCollector();
  #bytes: Buffer = nothing;
  #position = 0;
  #interimResponses = 0;
  #head: ResponseHead | undefined;
  #framing: BodyFraming | undefined;
  #chunked: ChunkedDecoder | undefined;
  /** Of a body of known length. */
  #left = 0;
  #body: Buffer = nothing;
  #started = false;
  #ended = false;

  /** @param method what was asked with */
  constructor(method: RequestMethod) {
    this.#method = method;
  }

  /** Whether a byte of the answer has arrived. */
  get started(): boolean {
    return this.#started;
  }

  /** The final head, after the event `head`; those of status 1xx before it are passed over. */
  get head(): ResponseHead | undefined {
    return this.#head;
  }

  /** Bytes of the body, where the server announced them; after the event `head`. */
  get bodyLength(): number | undefined {
    return this.#framing?.kind === "length" ? this.#framing.length : undefined;
  }

  /** After the event `body`: a part of the body, a view on the bytes that were given. */
  get body(): Buffer {
    return this.#body;
  }

  /** Bytes that were given and not read yet; after `end`, those that belong to no answer. */
  get unreadBytes(): number {
    return this.#bytes.length - this.#position;
  }

  /** Whether the answer is complete and its connection may be used again. */
  get isReusable(): boolean {
    if (!this.#ended || this.#head === undefined || this.#framing === undefined) return false;
    return this.unreadBytes === 0 && keepsConnection(this.#head, this.#framing);
  }

  /** Gives the next bytes, when `next` has said `more`. They stay in use until it says so again. */
  feed(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#position = 0;
    this.#started ||= bytes.length > 0;
  }

  /**
   * What comes next.
   *
   * @throws GomodfsError `PROTOCOL` if the bytes are no answer
   */
  next(): ResponseEvent {
    if (this.#ended) return "end";
    if (this.#framing === undefined) return this.#readHead();
    switch (this.#framing.kind) {
      case "none":
        return this.#end();
      case "length":
        return this.#readSized();
      case "close":
        return this.#readBody(this.#bytes.length);
      case "chunked":
        this.#chunked ??= new ChunkedDecoder();
        return this.#readChunk(this.#chunked);
    }
  }

  /** The connection has ended, all bytes before it having been read. Whether this completes the answer. */
  close(): boolean {
    this.#ended ||= this.#framing?.kind === "close";
    return this.#ended;
  }

  #readHead(): ResponseEvent {
    const found = this.#headCollector.collect(this.#bytes, this.#position, this.#bytes.length);
    if (found === undefined) {
      this.#position = this.#bytes.length;
      return "more";
    }
    this.#position = found.end;
    const head = parseResponseHead(found.block);
    if (head.status < 200) return this.#passInterim(head);
    this.#head = head;
    this.#framing = bodyFraming(head, this.#method);
    if (this.#framing.kind === "length") this.#left = this.#framing.length;
    return "head";
  }

  /** RFC 9110 section 15.2 */
  #passInterim({ status }: ResponseHead): ResponseEvent {
    if (status === 101) throw protocolError("a switch to another protocol that nobody asked for");
    this.#interimResponses += 1;
    if (this.#interimResponses > maxInterimResponses) {
      throw protocolError(`more than ${maxInterimResponses} interim answers`);
    }
    return this.next();
  }

  /** @param limit bytes at most */
  #readBody(limit: number): ResponseEvent {
    const start = this.#position;
    const end = Math.min(this.#bytes.length, start + limit);
    if (start === end) return "more";
    this.#position = end;
    // The usual case of a large body needs no new view.
    const isWhole = start === 0 && end === this.#bytes.length;
    this.#body = isWhole ? this.#bytes : this.#bytes.subarray(start, end);
    return "body";
  }

  #readSized(): ResponseEvent {
    if (this.#left === 0) return this.#end();
    const event = this.#readBody(this.#left);
    if (event === "body") this.#left -= this.#body.length;
    return event;
  }

  #readChunk(chunked: ChunkedDecoder): ResponseEvent {
    this.#position = chunked.readFraming(this.#bytes, this.#position, this.#bytes.length);
    if (chunked.ended) return this.#end();
    const event = this.#readBody(chunked.dataLeft);
    if (event === "body") chunked.takeData(this.#body.length);
    return event;
  }

  #end(): ResponseEvent {
    this.#ended = true;
    return "end";
  }
}

import { GomodfsError } from "../lib/gomodfs_error.ts";
import { maxReasonBytes, serverReason } from "../lib/server_reason.ts";
import type { BodyReceiver } from "./body_receiver.ts";
import type { ExchangeWatch, WatchedExchange } from "./exchange_watch.ts";
import type { ResponseConsumer } from "./http1/connection.ts";
import { headerValue, type ResponseHead } from "./http1/response_head.ts";
import type { RefusalHead } from "./request_credentials.ts";

/** What one request is to bring. */
export interface HttpExchange<T> extends WatchedExchange {
  /** Bytes of the body; more is an error, unless the beginning is enough. */
  readonly maxBytes: number;
  /** Whether nothing is wanted of a body past `maxBytes`, be it a refusal's. */
  readonly beginningOnly?: boolean | undefined;
  /** Makes what takes the body, knowing its size where the server announced it. */
  readonly receive: (size: number | undefined) => BodyReceiver<T>;
}

/** What came back. */
export type HttpAnswer<T> =
  | { readonly kind: "body"; readonly body: T }
  | { readonly kind: "redirect"; readonly location: string }
  | (RefusalHead & {
      readonly kind: "refusal";
      /** What the server says about it, bounded and fit to be shown; may be empty. */
      readonly reason: string;
      /** The beginning of the body, if that was asked for. */
      readonly body: Uint8Array | undefined;
      readonly retryAfter: string | undefined;
    });

const redirectStatus = new Set([301, 302, 303, 307, 308]);

/** Makes an {@linkcode HttpAnswer} of what arrives: the body of a 200 goes to its receiver, of others the beginning. */
export class AnswerReceiver<T> implements ResponseConsumer {
  readonly #exchange: HttpExchange<T>;
  readonly #watch: ExchangeWatch;
  #head: ResponseHead | undefined;
  #receiver: BodyReceiver<T> | undefined;
  #received = 0;
  readonly #beginning: Buffer[] = [];

  constructor(exchange: HttpExchange<T>, watch: ExchangeWatch) {
    this.#exchange = exchange;
    this.#watch = watch;
  }

  /** Whether the answer is known, however its body ends: that of an error only explains it. */
  get isRefusal(): boolean {
    return this.#head !== undefined && this.#head.status !== 200;
  }

  head(head: ResponseHead, bodyLength: number | undefined): void {
    this.#watch.progress();
    this.#head = head;
    if (head.status !== 200) return;
    const { name, maxBytes, beginningOnly, receive } = this.#exchange;
    const encoding = headerValue(head, "content-encoding");
    if (encoding !== undefined && encoding.toLowerCase() !== "identity") {
      throw new GomodfsError("UPSTREAM", `${name}: the body is encoded as ${encoding} unasked`);
    }
    if (bodyLength !== undefined && bodyLength > maxBytes) {
      if (beginningOnly !== true) throw tooLarge(name, maxBytes);
      this.#receiver = receive(maxBytes);
    } else {
      this.#receiver = receive(bodyLength);
    }
  }

  body(chunk: Buffer): undefined | Promise<void> | "enough" {
    this.#watch.progress();
    this.#received += chunk.length;
    return this.#receiver === undefined
      ? this.#keepBeginning(chunk)
      : this.#pass(chunk, this.#receiver);
  }

  /** The answer, when it is complete. @throws what the receiver throws */
  async finish(): Promise<HttpAnswer<T>> {
    if (this.#receiver !== undefined) return { kind: "body", body: await this.#receiver.finish() };
    if (this.#head === undefined) throw new TypeError("there is no answer");
    return this.#refusalOf(this.#head);
  }

  /** Removes what was received. */
  async discard(): Promise<void> {
    await this.#receiver?.discard();
  }

  #pass(chunk: Buffer, receiver: BodyReceiver<T>): undefined | Promise<void> | "enough" {
    const { name, maxBytes, beginningOnly } = this.#exchange;
    const excess = this.#received - maxBytes;
    if (excess > 0 && beginningOnly !== true) throw tooLarge(name, maxBytes);
    if (excess >= chunk.length) return "enough";
    const written = receiver.write(excess > 0 ? chunk.subarray(0, -excess) : chunk);
    return written === undefined ? undefined : this.#watch.paused(written);
  }

  /** An endless error page is better cut off than read. */
  #keepBeginning(chunk: Buffer): undefined | "enough" {
    const { maxBytes, beginningOnly } = this.#exchange;
    this.#beginning.push(Buffer.from(chunk));
    const enough = beginningOnly === true ? maxBytes : maxReasonBytes;
    return this.#received >= enough ? "enough" : undefined;
  }

  #refusalOf(head: ResponseHead): HttpAnswer<T> {
    const { httpVersion, status, statusText, rawHeaders } = head;
    const location = headerValue(head, "location");
    if (redirectStatus.has(status) && location !== undefined) return { kind: "redirect", location };
    const contentType = headerValue(head, "content-type");
    const beginning = Buffer.concat(this.#beginning);
    const reason = serverReason(contentType, beginning);
    const { maxBytes, beginningOnly } = this.#exchange;
    const body = beginningOnly === true ? beginning.subarray(0, maxBytes) : undefined;
    const retryAfter = headerValue(head, "retry-after");
    return {
      kind: "refusal",
      httpVersion,
      status,
      statusText,
      rawHeaders,
      reason,
      body,
      retryAfter,
    };
  }
}

function tooLarge(name: string, maxBytes: number): GomodfsError {
  return new GomodfsError("TOO_LARGE", `${name}: the body is larger than ${maxBytes} bytes`);
}

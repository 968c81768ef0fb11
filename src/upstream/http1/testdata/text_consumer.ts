import type { ResponseConsumer } from "../connection.ts";
import type { ResponseHead } from "../response_head.ts";

/** Collects an answer; `onBody` may make the connection wait. */
export class TextConsumer implements ResponseConsumer {
  received: ResponseHead | undefined;
  /** Latin-1 */
  text = "";
  bodyLength: number | undefined;
  readonly #onBody: (chunk: Buffer) => undefined | Promise<void> | "enough";

  constructor(onBody: (chunk: Buffer) => undefined | Promise<void> | "enough" = () => undefined) {
    this.#onBody = onBody;
  }

  head(head: ResponseHead, bodyLength: number | undefined): void {
    this.received = head;
    this.bodyLength = bodyLength;
  }

  body(chunk: Buffer): undefined | Promise<void> | "enough" {
    const taken = this.#onBody(chunk);
    this.text += chunk.toString("latin1");
    return taken;
  }
}

import type { IncomingMessage } from "node:http";
import type { Client, HttpExchange } from "./http_exchange.ts";
import { targetPath } from "./request_check.ts";
import type { RequestIdResponse } from "./request_id_response.ts";

const NOBODY: Client = { name: undefined, mayRead: () => false };

/** An exchange as the server keeps it. */
export class ServerExchange implements HttpExchange {
  readonly request: IncomingMessage;
  readonly response: RequestIdResponse;
  readonly path: string;
  /** Nobody until it is known. */
  client: Client = NOBODY;
  /** When it began, by performance.now(). */
  readonly start = performance.now();
  /** The handler that answers it. */
  handler: string | undefined;
  error: unknown;
  #abort: AbortController | undefined;

  constructor(request: IncomingMessage, response: RequestIdResponse) {
    this.request = request;
    this.response = response;
    this.path = targetPath(request.url ?? "");
  }

  get id(): string {
    return this.response.requestId;
  }

  /** Made when it is first asked for: most requests are answered at once. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.response.destroyed) this.#abort.abort();
    }
    return this.#abort.signal;
  }

  /** The client has gone away. */
  abort(): void {
    this.#abort?.abort();
  }
}

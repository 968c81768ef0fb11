import type { IncomingMessage, ServerResponse } from "node:http";
import type { ModulePath } from "../module/module_version.ts";

/** Who asks, as far as it is known. */
export interface Client {
  /** The name in the file of credentials; undefined if nobody had to say. */
  readonly name: string | undefined;
  /** Whether modules of this path may be shown to it. */
  mayRead(path: ModulePath): boolean;
}

/** One request and its response. */
export interface HttpExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Unique among the requests of this server: in the answer's X-Request-Id, and in the log. */
  readonly id: string;
  /** The path of the URL without its query, as it was sent: still percent-encoded. */
  readonly path: string;
  readonly client: Client;
  /** Fires when the client has gone away. */
  readonly signal: AbortSignal;
}

/**
 * Answers the requests of one protocol. What it throws before it has begun to answer is made into a plain-text answer by the
 * server, with the status that fits the GomodfsError's code.
 */
export interface HttpHandler {
  /** What metrics and the access log call it: one word. */
  readonly name: string;
  /**
   * Whether requests for this path, as it was sent, may have a body. The handler then answers them in any case, and bounds
   * what it reads; where there is no such function, the server refuses all bodies.
   */
  mayHaveBody?(path: string): boolean;
  /** @returns whether the request was this handler's to answer; if not, nothing was done */
  handle(exchange: HttpExchange): boolean | Promise<boolean>;
}

import type { HttpExchange } from "./http_exchange.ts";

/** How an exchange ended. */
export interface ExchangeOutcome {
  /** Of the answer; 499 if the client went away before there was one. */
  readonly status: number;
  /** Written to the connection for it, the head of the answer included. */
  readonly bytes: number;
  /** From the request's head to the last byte of the answer, or to the end of the connection. */
  readonly milliseconds: number;
  /** The name of the handler that answered; undefined if none was asked or none knew the path. */
  readonly handler: string | undefined;
  /** Whether the connection ended before the whole answer was written. */
  readonly isAborted: boolean;
  /** What the answer to a failure came from, for the log: clients are told no more of a defect than that there is one. */
  readonly error: unknown;
}

/** Is told of each exchange when it has ended; must neither throw nor take long. */
export type ExchangeObserver = (exchange: HttpExchange, outcome: ExchangeOutcome) => void;

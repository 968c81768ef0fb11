import type { MessagePort } from "node:worker_threads";
import type { Ownership } from "./attributes_encoder.ts";
import type { EndOfSession, Settlement } from "./session_loop.ts";

/** What the main thread gives the thread of a session at its start, as `workerData`. */
export interface SessionWorkerData {
  /** The open /dev/fuse: descriptors belong to the process, so the number is enough. */
  readonly device: number;
  readonly control: SharedArrayBuffer;
  readonly inbox: MessagePort;
  readonly ownership: Ownership;
  /** What the program gives its own half of the thread. */
  readonly data: unknown;
}

/** Main thread to session. `message` is the program's own. */
export type ToSession =
  | { readonly kind: "settle"; readonly settlement: Settlement }
  | { readonly kind: "message"; readonly message: unknown };

/** An error as text, since threads cannot send each other errors with all that they hold. */
export interface ErrorReport {
  readonly message: string;
  readonly stack: string;
}

/** Session to main thread. `message` is the program's own. */
export type FromSession =
  | { readonly kind: "serving" }
  | { readonly kind: "message"; readonly message: unknown }
  | { readonly kind: "error"; readonly report: ErrorReport }
  | { readonly kind: "ended"; readonly end: EndOfSession };

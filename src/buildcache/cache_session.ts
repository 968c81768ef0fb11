import { isGomodfsError } from "../lib/gomodfs_error.ts";
import type { BuildCache, PendingPut } from "./build_cache.ts";
import type { ActionId } from "./identifier.ts";
import type { Request, Response } from "./wire/message.ts";
import { RequestDecoder } from "./wire/request_decoder.ts";
import { CAPABILITIES, encodeResponse } from "./wire/response_encoder.ts";

/** The go command's end of a session. */
export interface SessionOutput {
  /** Writes text to the go command; many responses may be in one. */
  write(text: string): void;
  /** Tells a person what went wrong, once for each kind. */
  warn(message: string): void;
}

/** A put whose body is coming. */
interface CurrentPut {
  readonly id: number;
  /** Undefined after it failed: the rest of its body is passed over. */
  pending: PendingPut | undefined;
  failure: string | undefined;
}

/** Gets that may wait for another tier at a time. A go command has as many as it runs actions; a hostile one any number. */
const MAX_WAITING = 1_024;

/** Answers one go command, whatever its requests come through. */
export class CacheSession {
  readonly #cache: BuildCache;
  readonly #output: SessionOutput;
  readonly #decoder: RequestDecoder;
  readonly #closed = Promise.withResolvers<void>();
  /** Gets that wait for another tier; they are answered, even if the go command closes at once. */
  readonly #waiting = new Set<Promise<void>>();
  #responses: string[] = [];
  #put: CurrentPut | undefined;
  #closing = false;

  /** Says at once what it can be asked: the go command waits for that. */
  constructor(cache: BuildCache, output: SessionOutput) {
    this.#cache = cache;
    this.#output = output;
    this.#decoder = new RequestDecoder({
      onRequest: (request) => this.#onRequest(request),
      onBody: (bytes) => this.#onBody(bytes),
      onBodyEnd: () => this.#onBodyEnd(),
    });
    output.write(CAPABILITIES);
  }

  /** Whether the go command has asked to close: nothing follows. */
  get isClosing(): boolean {
    return this.#closing;
  }

  /** Fulfils when a close was answered. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** Fulfils when it can be given more: until then so many gets wait that more would only take memory. */
  async capacity(): Promise<void> {
    while (this.#waiting.size >= MAX_WAITING) await Promise.race(this.#waiting);
  }

  /**
   * Takes the next bytes of the go command.
   *
   * @throws GomodfsError `PROTOCOL`: the session is over then
   */
  push(input: Buffer): void {
    try {
      this.#decoder.push(input);
    } finally {
      this.#flush();
    }
  }

  /** The go command has gone, with or without a close: what it began to put is dropped. */
  async end(): Promise<void> {
    this.#put?.pending?.discard();
    this.#put = undefined;
    if (!this.#closing) await this.#cache.close();
    this.#closing = true;
  }

  #onRequest(request: Request): void {
    switch (request.command) {
      case "get":
        this.#get(request.id, request.actionId);
        break;
      case "put":
        this.#beginPut(request);
        break;
      case "close":
        void this.#close(request.id);
        break;
      case "invalid":
        this.#respond({ kind: "failed", id: request.id, reason: request.reason });
        break;
    }
  }

  #get(id: number, actionId: ActionId): void {
    const answer = this.#cache.get(actionId);
    if (!(answer instanceof Promise)) {
      this.#respond(answer === undefined ? { kind: "miss", id } : { kind: "hit", id, ...answer });
      return;
    }
    const waiting = answer
      .then((output): Response => (output ? { kind: "hit", id, ...output } : { kind: "miss", id }))
      // A cache that fails is a cache that has nothing.
      .catch((error: unknown): Response => this.#missFor(id, error))
      .then((response) => {
        this.#respond(response);
        this.#flush();
      })
      .finally(() => this.#waiting.delete(waiting));
    this.#waiting.add(waiting);
  }

  #missFor(id: number, error: unknown): Response {
    this.#output.warn(describe(error));
    return { kind: "miss", id };
  }

  #beginPut(request: Extract<Request, { command: "put" }>): void {
    const { id, actionId, outputId, bodySize: size } = request;
    const put: CurrentPut = { id, pending: undefined, failure: undefined };
    this.#put = put;
    this.#attempt(put, () => {
      put.pending = this.#cache.put({ actionId, outputId, size });
    });
  }

  #onBody(bytes: Uint8Array): void {
    const put = this.#put;
    if (put?.pending === undefined) return;
    this.#attempt(put, () => put.pending?.write(bytes));
  }

  #onBodyEnd(): void {
    const put = this.#put;
    this.#put = undefined;
    if (put === undefined) return;
    let diskPath: string | undefined;
    this.#attempt(put, () => {
      diskPath = put.pending?.commit();
    });
    const { id, failure = "" } = put;
    this.#respond(
      diskPath === undefined
        ? { kind: "failed", id, reason: failure }
        : { kind: "stored", id, diskPath },
    );
  }

  /** A put that fails is answered with the reason: the go command then does without the cache for it. */
  #attempt(put: CurrentPut, act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!isGomodfsError(error)) throw error;
      put.pending?.discard();
      put.pending = undefined;
      put.failure = describe(error);
      this.#output.warn(put.failure);
    }
  }

  async #close(id: number): Promise<void> {
    this.#closing = true;
    try {
      await Promise.all(this.#waiting);
      await this.#cache.close();
    } catch (error) {
      this.#output.warn(describe(error));
    }
    this.#respond({ kind: "closed", id });
    this.#flush();
    this.#closed.resolve();
  }

  #respond(response: Response): void {
    this.#responses.push(encodeResponse(response));
  }

  /** One write for all that is answered at once: each is a system call, and the go command wakes up for it. */
  #flush(): void {
    if (this.#responses.length === 0) return;
    const text = this.#responses.join("");
    this.#responses = [];
    this.#output.write(text);
  }
}

function describe(error: unknown): string {
  if (!isGomodfsError(error)) return error instanceof Error ? error.message : String(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return `${error.message}${cause}`;
}

import type { Socket } from "node:net";
import type { Connection, ConnectionTable } from "../../http/connection_table.ts";
import { GomodfsError, isGomodfsError } from "../../lib/gomodfs_error.ts";
import type { NfsLimits } from "../nfs_limits.ts";
import { RecordDecoder } from "./record_decoder.ts";
import type { EncodedReply, RpcDispatcher } from "./rpc_dispatcher.ts";
import type { Deferral, RpcCaller, WaitOutcome } from "./rpc_program.ts";
import type { ServerLoad } from "./server_load.ts";

/** What an {@linkcode RpcConnection} is made of. */
export interface RpcConnectionOptions {
  readonly socket: Socket;
  /** The socket's row in `table`. */
  readonly connection: Connection;
  readonly table: ConnectionTable;
  readonly dispatcher: RpcDispatcher;
  readonly load: ServerLoad;
  readonly limits: NfsLimits;
  readonly caller: RpcCaller;
  /** Is told why the connection was ended. */
  readonly onBroken: (error: unknown) => void;
}

const NOTHING = new Uint8Array();
const LATE: WaitOutcome = { kind: "late" };
const READY: WaitOutcome = { kind: "ready" };
/** A fetch that says that it is done, of what then is not there, has gone wrong. */
const MAX_WAITS = 3;

/**
 * One client's TCP connection: calls in, replies out, in whatever order they become ready. While the client does not
 * take in replies, no more of its calls are read.
 */
export class RpcConnection {
  readonly #options: RpcConnectionOptions;
  readonly #socket: Socket;
  readonly #decoder: RecordDecoder;
  #waiting = 0;
  #queuedBytes = 0;
  #isFlushing = false;
  /** When the call began to arrive that is not complete, in milliseconds. */
  #incompleteSince: number | undefined;

  constructor(options: RpcConnectionOptions) {
    this.#options = options;
    this.#socket = options.socket;
    this.#decoder = new RecordDecoder(options.limits.recordBytes);
    this.#socket.on("data", (chunk: Buffer) => {
      this.#decoder.push(chunk);
      this.#process();
    });
    this.#socket.once("close", () => this.#accountFor(0));
    this.#socket.on("error", () => {}); // "close" follows
  }

  /** Ends the connection if a call takes too long to arrive. @param now as performance.now() */
  endIfIncomplete(now: number): void {
    const since = this.#incompleteSince;
    if (since === undefined || now - since < this.#options.limits.recordTime) return;
    this.#break(new GomodfsError("TIMEOUT", "a call did not arrive in time"));
  }

  #process(): void {
    let isNewCall = this.#incompleteSince === undefined;
    this.#socket.cork();
    try {
      while (!this.#isCongested()) {
        const record = this.#decoder.next();
        if (record === undefined) break;
        isNewCall = true;
        this.#answer(record, undefined, 0);
      }
      if (this.#isCongested()) this.#socket.pause();
    } catch (error) {
      this.#break(error);
    } finally {
      this.#socket.uncork();
    }
    if (this.#decoder.buffered === 0 || this.#socket.isPaused()) this.#incompleteSince = undefined;
    else if (isNewCall) this.#incompleteSince = performance.now();
    this.#flush();
  }

  /** @throws GomodfsError `PROTOCOL` if the record is no call */
  #answer(record: Buffer, waited: WaitOutcome | undefined, waits: number): void {
    const { dispatcher, caller, load } = this.#options;
    const answer = dispatcher.dispatch(record, caller, waited);
    if ("begin" in answer) {
      this.#defer(record, answer, waits);
      return;
    }
    load.calls += 1;
    this.#send(answer);
  }

  #defer(record: Buffer, deferral: Deferral, waits: number): void {
    const { limits, load } = this.#options;
    if (waits >= MAX_WAITS) {
      const error = new GomodfsError("STORE", "what was fetched is not there");
      this.#answer(record, { kind: "failed", error }, waits);
    } else if (this.#waiting >= limits.waitingOfConnection || load.waiting >= limits.waiting) {
      this.#answer(record, LATE, waits);
    } else {
      // The record is a part of a larger buffer, which is not to be kept.
      void this.#wait(Buffer.from(record), deferral, waits + 1);
    }
  }

  async #wait(record: Buffer, deferral: Deferral, waits: number): Promise<void> {
    const { limits, load, table, connection } = this.#options;
    this.#waiting += 1;
    load.waiting += 1;
    table.beginRequest(connection);
    try {
      const outcome = await outcomeOf(deferral, limits.waitTime);
      if (!this.#socket.destroyed) this.#answer(record, outcome, waits);
    } catch (error) {
      this.#break(error);
    } finally {
      this.#waiting -= 1;
      load.waiting -= 1;
      table.endRequest(connection);
      this.#flush();
    }
  }

  #send({ head, tail, padding }: EncodedReply): void {
    if (!this.#socket.writable) return;
    if (tail === undefined) {
      this.#socket.write(head);
      return;
    }
    this.#socket.cork();
    this.#socket.write(head);
    this.#socket.write(tail);
    if (padding.length > 0) this.#socket.write(padding);
    this.#socket.uncork();
  }

  /** Whether the client has to take in replies before more calls are read. */
  #isCongested(): boolean {
    const { limits, load } = this.#options;
    const queued = this.#socket.writableLength;
    const total = load.queuedBytes - this.#queuedBytes + queued;
    return queued > limits.queuedBytesOfConnection || (queued > 0 && total > limits.queuedBytes);
  }

  /** Sees to it that it is known when what is queued has gone out, and goes on then. */
  #flush(): void {
    const { table, connection } = this.#options;
    const queued = this.#socket.destroyed ? 0 : this.#socket.writableLength;
    this.#accountFor(queued);
    if (this.#isFlushing) return;
    if (queued === 0) {
      // The client took all in at once: others have their turn before more of its calls are read.
      if (this.#socket.isPaused()) setImmediate(() => this.#goOn());
      return;
    }
    this.#isFlushing = true;
    table.beginRequest(connection);
    // Comes behind all that is queued, and is called back when its turn has come.
    this.#socket.write(NOTHING, () => {
      this.#isFlushing = false;
      table.endRequest(connection);
      this.#goOn();
    });
  }

  #goOn(): void {
    if (this.#socket.destroyed) return;
    if (this.#socket.isPaused()) {
      this.#socket.resume();
      this.#process();
    } else {
      this.#flush();
    }
  }

  #accountFor(queued: number): void {
    this.#options.load.queuedBytes += queued - this.#queuedBytes;
    this.#queuedBytes = queued;
  }

  #break(error: unknown): void {
    if (this.#socket.destroyed) return;
    this.#options.load.brokenConnections += 1;
    this.#socket.destroy();
    this.#options.onBroken(
      isGomodfsError(error)
        ? error
        : new GomodfsError("PROTOCOL", "a call failed", { cause: error }),
    );
  }
}

async function outcomeOf({ begin }: Deferral, waitTime: number): Promise<WaitOutcome> {
  const { promise: late, resolve } = Promise.withResolvers<WaitOutcome>();
  const timer = setTimeout(resolve, waitTime, LATE);
  try {
    const ready = begin().then(() => READY);
    // After the time is over nobody waits for it; a failure is met by whoever asks again.
    ready.catch(() => {});
    return await Promise.race([ready, late]);
  } catch (error) {
    return { kind: "failed", error };
  } finally {
    clearTimeout(timer);
  }
}

import type { Socket } from "node:net";
import { ResponseDecoder } from "./response_decoder.ts";
import type { ResponseHead } from "./response_head.ts";

/** Takes an answer as it arrives. What it throws ends the connection and the exchange. */
export interface ResponseConsumer {
  /** @param bodyLength bytes, where the server announced them */
  head(head: ResponseHead, bodyLength: number | undefined): void;
  /**
   * A part of the body, valid during the call, or until the promise is settled: nothing is read meanwhile. `enough`
   * says that no more is wanted: the connection is ended and the exchange counts as complete.
   */
  body(chunk: Buffer): undefined | Promise<void> | "enough";
}

/**
 * Takes what a socket reads, valid during the call. What is to follow: `continue`; `stop` reading until the socket is
 * resumed; or `hold`, the same with the bytes to be left as they are until then.
 */
export type ReadCallback = (bytes: Buffer) => "continue" | "stop" | "hold";

/** Opens a socket that gives what it reads to `read`, and is connected, TLS included, when the promise resolves. */
export type OpenSocket = (read: ReadCallback) => Promise<Socket>;

interface Exchange {
  readonly consumer: ResponseConsumer;
  readonly decoder: ResponseDecoder;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** A connection to a server (RFC 9112 section 9): one request after the other. */
export class Connection {
  readonly #socket: Socket;
  #exchange: Exchange | undefined;
  /** Whether a consumer works on a part of a body, which must stay as it is. */
  #consuming = false;
  /** Bytes that were read nevertheless: TLS gives all that came in one packet, whatever is said to it. */
  readonly #early: Buffer[] = [];
  #hasEnded = false;
  #exchanges = 0;
  #failure: Error | undefined;
  #isStale = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("end", () => this.#end());
    socket.on("error", (error) => this.#lost(error));
    socket.on("close", () => {
      if (!this.#hasEnded) this.#lost(connectionClosed());
    });
  }

  /** @throws whatever `open` throws, and an error with the code `ECONNRESET` */
  static async open(open: OpenSocket): Promise<Connection> {
    let connection: Connection | undefined;
    const socket = await open((bytes) => {
      // A server that speaks first is not read, and so never answers in time.
      return connection === undefined ? "stop" : connection.#read(bytes);
    });
    if (socket.destroyed) throw connectionClosed();
    connection = new Connection(socket);
    return connection;
  }

  /** Whether a request can be sent: all before it were answered completely, and the server has not ended it. */
  get isIdle(): boolean {
    return this.#failure === undefined && this.#exchange === undefined;
  }

  /**
   * Whether it was lost after an exchange and before a byte of the answer to another one: most likely the server had
   * ended it already, and the request may be sent on another connection (RFC 9112 section 9.3.1).
   */
  get isStale(): boolean {
    return this.#isStale;
  }

  /**
   * Sends a request, encoded as Latin-1, and gives the answer to `consumer`. Only when {@linkcode isIdle}; it may
   * have ended since.
   *
   * @throws an error of Node's with a code (`ECONNRESET`), GomodfsError `PROTOCOL`, what the consumer throws, and what
   *   was given to `destroy`; never while the consumer is at work
   */
  send(request: string, consumer: ResponseConsumer): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#exchange = { consumer, decoder: new ResponseDecoder("GET"), resolve, reject };
    this.#exchanges += 1;
    this.#socket.write(request, "latin1");
    return promise;
  }

  /** Calls back when the connection has ended. */
  onClose(listener: () => void): void {
    this.#socket.on("close", listener);
  }

  /** Keeps the process alive, or does not. */
  setReferenced(referenced: boolean): void {
    if (referenced) this.#socket.ref();
    else this.#socket.unref();
  }

  /** Ends it at once; an exchange under way fails with the reason. */
  destroy(reason: Error = connectionClosed()): void {
    this.#fail(reason);
  }

  #read(bytes: Buffer): ReturnType<ReadCallback> {
    if (this.#consuming) {
      this.#early.push(Buffer.from(bytes));
      return "stop";
    }
    if (this.#exchange === undefined) {
      this.#fail(connectionClosed());
      return "stop";
    }
    this.#exchange.decoder.feed(bytes);
    return this.#decode(this.#exchange);
  }

  #decode(exchange: Exchange): ReturnType<ReadCallback> {
    const { decoder, consumer } = exchange;
    try {
      for (;;) {
        switch (decoder.next()) {
          case "more":
            return "continue";
          case "head":
            if (decoder.head !== undefined) consumer.head(decoder.head, decoder.bodyLength);
            break;
          case "body": {
            const next = this.#consume(exchange);
            if (next !== "continue") return next;
            break;
          }
          case "end":
            this.#complete(decoder.isReusable);
            return this.#failure === undefined ? "continue" : "stop";
        }
      }
    } catch (error) {
      this.#consuming = false;
      this.#fail(toError(error));
      return "stop";
    }
  }

  #consume({ decoder, consumer }: Exchange): ReturnType<ReadCallback> {
    this.#consuming = true;
    const taken = consumer.body(decoder.body);
    if (typeof taken === "object") {
      this.#waitFor(taken);
      return "hold";
    }
    this.#consuming = false;
    // The consumer itself may have ended the connection.
    if (this.#failure !== undefined) this.#fail(this.#failure);
    else if (taken === "enough") this.#complete(false);
    else return "continue";
    return "stop";
  }

  #waitFor(consumed: Promise<void>): void {
    this.#socket.pause();
    consumed.then(
      () => this.#continue(),
      (error: unknown) => {
        this.#consuming = false;
        this.#fail(toError(error));
      },
    );
  }

  #continue(): void {
    this.#consuming = false;
    if (this.#failure !== undefined) this.#fail(this.#failure);
    if (this.#exchange === undefined) return;
    let next = this.#decode(this.#exchange);
    while (next === "continue") {
      const bytes = this.#early.shift();
      if (bytes === undefined) break;
      next = this.#read(bytes);
    }
    if (next !== "continue") return;
    if (this.#hasEnded) this.#end();
    else this.#socket.resume();
  }

  #complete(isReusable: boolean): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    if (!isReusable) this.#fail(connectionClosed());
    exchange?.resolve();
  }

  /** The server has said all. */
  #end(): void {
    this.#hasEnded = true;
    if (this.#consuming) return;
    if (this.#exchange?.decoder.close()) this.#complete(false);
    else this.#lost(connectionClosed());
  }

  /** The connection is gone, without anybody here having ended it. */
  #lost(error: Error): void {
    if (this.#failure === undefined) {
      const exchange = this.#exchange;
      this.#isStale =
        exchange === undefined
          ? this.#exchanges > 0
          : this.#exchanges > 1 && !exchange.decoder.started;
    }
    this.#fail(error);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#socket.destroy();
    const exchange = this.#exchange;
    if (exchange === undefined || this.#consuming) return;
    this.#exchange = undefined;
    exchange.reject(this.#failure);
  }
}

/** The error for a connection that ended too soon, with the code that Node gives to a broken one. */
export function connectionClosed(): Error {
  return Object.assign(new Error("the connection was closed"), { code: "ECONNRESET" });
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

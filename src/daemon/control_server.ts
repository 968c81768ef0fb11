import { createServer, type Server, type Socket } from "node:net";
import { GomodfsError, isGomodfsError } from "../lib/gomodfs_error.ts";
import {
  type ControlRequest,
  type ControlResults,
  type DaemonGreeting,
  type DaemonStatus,
  decodeRequest,
  encodeFailure,
  encodeResult,
  MAX_REQUEST_BYTES,
  type PrefetchRequest,
  type PrefetchResult,
} from "./control_protocol.ts";
import { LineDecoder } from "./line_decoder.ts";

/** What a daemon does when it is asked. */
export interface ControlHandlers {
  status(): DaemonStatus | Promise<DaemonStatus>;
  prefetch(request: PrefetchRequest): Promise<PrefetchResult>;
  /** Called after the answer is on its way. */
  stop(): void;
}

// A daemon is asked by the few gomodfs processes of one user.
const MAX_CONNECTIONS = 64;
/** How long a client may be silent when it is its turn to speak. */
const IDLE_TIMEOUT_MS = 60_000;

/** A daemon's control socket. The directory of the socket is what keeps others out. */
export class ControlServer {
  readonly #greeting: DaemonGreeting;
  readonly #handlers: ControlHandlers;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(greeting: DaemonGreeting, handlers: ControlHandlers) {
    this.#greeting = greeting;
    this.#handlers = handlers;
    // Half-open: who sends a request and ends its side, as `nc -U` does, still gets the answer.
    const settings = { allowHalfOpen: true };
    this.#server = createServer(settings, (socket) => void this.#serve(socket));
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /**
   * @param path of the socket, as `controlSocketPath` gives it
   * @throws GomodfsError `BUSY` if there is something at this path, `USAGE` if the socket cannot be made
   */
  static async listen(
    path: string,
    greeting: DaemonGreeting,
    handlers: ControlHandlers,
  ): Promise<ControlServer> {
    const control = new ControlServer(greeting, handlers);
    await new Promise<void>((resolve, reject) => {
      control.#server.once("error", (cause: NodeJS.ErrnoException) => {
        const code = cause.code === "EADDRINUSE" ? "BUSY" : "USAGE";
        reject(new GomodfsError(code, `cannot listen on ${path} (${cause.code})`, { cause }));
      });
      control.#server.listen(path, resolve);
    });
    return control;
  }

  /** Stops listening, drops the connections and removes the socket. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #serve(socket: Socket): Promise<void> {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    // Whoever asked may be gone before the answer; nothing is lost.
    socket.on("error", () => socket.destroy());
    socket.setTimeout(IDLE_TIMEOUT_MS, () => socket.destroy());
    try {
      await this.#answerAll(socket);
      socket.end();
    } catch (error) {
      // A stream that cannot be followed: too long, not UTF-8, or broken off.
      if (isGomodfsError(error)) await write(socket, encodeFailure(error));
      socket.destroy();
    }
  }

  /** One request after the other: while one is worked on, the kernel's socket buffer holds back the next. */
  async #answerAll(socket: Socket): Promise<void> {
    const decoder = new LineDecoder(MAX_REQUEST_BYTES);
    for await (const chunk of chunksOf(socket)) {
      for (const line of decoder.push(chunk)) {
        socket.setTimeout(0);
        await this.#answer(socket, line);
        socket.setTimeout(IDLE_TIMEOUT_MS);
      }
    }
  }

  async #answer(socket: Socket, line: string): Promise<void> {
    let request: ControlRequest;
    let answer: string;
    try {
      request = decodeRequest(line);
      answer = encodeResult(await this.#result(request));
    } catch (error) {
      await write(socket, encodeFailure(asGomodfsError(error)));
      return;
    }
    await write(socket, answer);
    if (request.command === "stop") this.#handlers.stop();
  }

  #result(request: ControlRequest): MaybePromise<ControlResults[keyof ControlResults]> {
    switch (request.command) {
      case "ping":
      case "stop":
        return this.#greeting;
      case "status":
        return this.#handlers.status();
      case "prefetch":
        return this.#handlers.prefetch(request);
    }
  }
}

type MaybePromise<T> = T | Promise<T>;

/** Leaves the socket open when the loop ends early, for a last answer. */
function chunksOf(socket: Socket): AsyncIterable<Buffer> {
  // A socket without an encoding gives buffers; its iterator's type says any.
  return socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
}

/** Resolves when the bytes are with the kernel, or the other side is gone. */
function write(socket: Socket, text: string): Promise<void> {
  return new Promise((resolve) => {
    if (!socket.writable) resolve();
    else socket.write(text, () => resolve());
  });
}

function asGomodfsError(error: unknown): GomodfsError {
  if (isGomodfsError(error)) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new GomodfsError("STORE", `the daemon failed: ${reason}`, { cause: error });
}

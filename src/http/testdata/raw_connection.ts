import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** A connection on which a test sends whatever bytes it likes. */
export class RawConnection implements Disposable {
  readonly socket: Socket;
  #received = "";

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      this.#received += chunk.toString("latin1");
    });
  }

  static async open(port: number): Promise<RawConnection> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    return new RawConnection(socket);
  }

  /** All that has come. */
  get received(): string {
    return this.#received;
  }

  /** Status codes of the answers that have come, in turn. */
  get statuses(): readonly number[] {
    return [...this.#received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, code]) => Number(code));
  }

  send(text: string): void {
    this.socket.write(text, "latin1");
  }

  /** Resolves with what has come when the server has ended the connection. */
  async ended(): Promise<string> {
    if (!this.socket.closed) await once(this.socket, "close");
    return this.#received;
  }

  /** Resolves when what has come matches. */
  async receives(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.#received)) await once(this.socket, "data");
    return this.#received;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

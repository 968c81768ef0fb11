import { createHash } from "node:crypto";
import { connect, type Socket } from "node:net";
import type { CacheAddress } from "../cache_address.ts";

/** An answer of the protocol, as it is. */
export type RawAnswer = Readonly<Record<string, unknown>>;

/** Speaks the go command's half of GOCACHEPROG over a connection, also wrongly. */
export class RawClient implements Disposable {
  readonly #socket: Socket;
  readonly #answers: RawAnswer[] = [];
  #rest = "";
  #isClosed = false;
  #wake = Promise.withResolvers<void>();

  constructor(address: CacheAddress) {
    this.#socket = connect(
      address.kind === "unix" ? { path: address.path } : { host: address.host, port: address.port },
    );
    this.#socket.setEncoding("utf8");
    this.#socket.on("data", (text: string) => this.#take(text));
    this.#socket.on("error", () => {});
    this.#socket.on("close", () => {
      this.#isClosed = true;
      this.#notify();
    });
  }

  /** Sends text as it is. */
  say(text: string): void {
    this.#socket.write(text);
  }

  /** Ends this side, and leaves the other one open. */
  endInput(): void {
    this.#socket.end();
  }

  /** The answers once there are as many, or the connection is closed. The first one tells what can be asked. */
  async answers(count: number): Promise<readonly RawAnswer[]> {
    while (this.#answers.length < count && !this.#isClosed) await this.#wake.promise;
    return this.#answers;
  }

  /** Fulfils when the server has closed the connection. */
  async closed(): Promise<void> {
    while (!this.#isClosed) await this.#wake.promise;
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#answers.push(parseAnswer(line));
    this.#notify();
  }

  #notify(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers<void>();
  }
}

function parseAnswer(line: string): RawAnswer {
  const value: unknown = JSON.parse(line);
  if (typeof value === "object" && value !== null) return { ...value };
  throw new Error(`no object: ${line}`);
}

/** The base64 of a text's SHA-256. */
export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}

export function getRequest(id: number, action: string): string {
  return `${JSON.stringify({ ID: id, Command: "get", ActionID: hashOf(action) })}\n\n`;
}

/** @param claimed what the output's id is the hash of */
export function putRequest(id: number, action: string, body: string, claimed = body): string {
  const request = {
    ID: id,
    Command: "put",
    ActionID: hashOf(action),
    OutputID: hashOf(claimed),
    BodySize: body.length,
  };
  return `${JSON.stringify(request)}\n\n"${Buffer.from(body).toString("base64")}"\n`;
}

export function closeRequest(id: number): string {
  return `${JSON.stringify({ ID: id, Command: "close" })}\n\n`;
}

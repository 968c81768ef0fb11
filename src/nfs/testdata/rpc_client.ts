import { connect, type Socket } from "node:net";
import { RecordDecoder } from "../rpc/record_decoder.ts";
import { LAST_FRAGMENT, RECORD_MARK_SIZE } from "../rpc/record_mark.ts";
import { XdrReader } from "../xdr/xdr_reader.ts";
import { XdrWriter } from "../xdr/xdr_writer.ts";

/** What a call names. */
export interface CallTarget {
  readonly program: number;
  readonly version: number;
  readonly procedure: number;
}

const MAX_REPLY = 8 * 1024 * 1024;
const CALL = 0;
const RPC_VERSION = 2;
const ACCEPTED = 0;

/** A client of ONC RPC over TCP that can also say what no proper client says. */
export class RpcClient implements Disposable {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  readonly #decoder = new RecordDecoder(MAX_REPLY);
  readonly #waiting = new Map<number, (reply: Buffer) => void>();
  readonly #failed: Promise<never>;
  #xid = 1;

  private constructor(socket: Socket) {
    this.socket = socket;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    socket.on("error", () => {});
    socket.once("close", () => resolve());
    this.#failed = promise.then(() => {
      throw new Error("the server ended the connection");
    });
    this.#failed.catch(() => {});
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
  }

  static async connect(port: number): Promise<RpcClient> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const socket = connect(port, "127.0.0.1", resolve);
    socket.once("error", reject);
    await promise;
    return new RpcClient(socket);
  }

  /** Calls a procedure that succeeds as far as RPC is concerned, and gives its results. */
  async call(
    target: CallTarget,
    parameters: (writer: XdrWriter) => void = () => {},
  ): Promise<XdrReader> {
    const writer = new XdrWriter();
    parameters(writer);
    const reply = await this.exchange(callMessage(target, this.#xid + 1, writer.bytes));
    const status = [reply.u32(), reply.u32(), reply.u32(), reply.u32()];
    if (status.some((value) => value !== ACCEPTED)) {
      throw new Error(`RPC refuses: ${status.join(" ")}`);
    }
    return reply;
  }

  /** Sends a record that is a call, and gives what follows xid and message type of its reply. */
  async exchange(record: Uint8Array): Promise<XdrReader> {
    this.#xid += 1;
    const bytes = Buffer.from(record);
    bytes.writeUInt32BE(this.#xid, 0);
    const { promise, resolve } = Promise.withResolvers<Buffer>();
    this.#waiting.set(this.#xid, resolve);
    this.socket.write(marked(bytes));
    const reader = new XdrReader(await Promise.race([promise, this.#failed]));
    reader.u32();
    reader.u32();
    return reader;
  }

  /** Sends bytes as they are. */
  send(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#decoder.push(chunk);
    for (let record = this.#decoder.next(); record !== undefined; record = this.#decoder.next()) {
      const xid = record.readUInt32BE();
      const resolve = this.#waiting.get(xid);
      this.#waiting.delete(xid);
      resolve?.(Buffer.from(record));
    }
  }
}

/** A record of one fragment. */
export function marked(record: Uint8Array): Buffer {
  const mark = Buffer.alloc(RECORD_MARK_SIZE);
  mark.writeUInt32BE(LAST_FRAGMENT + record.length);
  return Buffer.concat([mark, record]);
}

/** A call with a credential of AUTH_SYS, or another one. */
export function callMessage(
  { program, version, procedure }: CallTarget,
  xid: number,
  parameters: Uint8Array,
  credential: { readonly flavor: number; readonly body: Uint8Array } = systemCredential(),
): Buffer {
  const writer = new XdrWriter();
  for (const value of [xid, CALL, RPC_VERSION, program, version, procedure]) writer.u32(value);
  writer.u32(credential.flavor);
  writer.opaque(credential.body);
  writer.zeros(2);
  return Buffer.concat([writer.bytes, parameters]);
}

function systemCredential(): { readonly flavor: number; readonly body: Uint8Array } {
  const writer = new XdrWriter();
  writer.u32(0);
  writer.string("guest");
  writer.u32(1000);
  writer.u32(1000);
  writer.u32(1);
  writer.u32(1000);
  return { flavor: 1, body: Buffer.from(writer.bytes) };
}

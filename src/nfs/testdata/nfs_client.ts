import { MOUNT_PROGRAM, MOUNT_V3, MountProcedure } from "../mount/mount_program.ts";
import { NFS_PROGRAM, NFS_V3, Procedure, Status } from "../v3/nfs_constants.ts";
import type { XdrReader } from "../xdr/xdr_reader.ts";
import type { XdrWriter } from "../xdr/xdr_writer.ts";
import { RpcClient } from "./rpc_client.ts";

/** `fattr3`. */
export interface Attributes {
  readonly type: number;
  readonly mode: number;
  readonly links: number;
  readonly size: number;
  readonly fileNumber: string;
  readonly modified: readonly [number, number];
  readonly changed: readonly [number, number];
}

/** A row of a listing. */
export interface Row {
  readonly name: string;
  readonly fileNumber: string;
  readonly cookie: number;
  readonly attributes: Attributes | undefined;
  readonly handle: Buffer | undefined;
}

/** One page of a listing. */
export interface Page {
  readonly status: number;
  readonly verifier: Buffer;
  readonly rows: readonly Row[];
  readonly isLast: boolean;
}

/** How to ask for a page. */
export interface PageRequest {
  readonly cookie?: number;
  readonly verifier?: Uint8Array;
  readonly maximum?: number;
  readonly nameBytes?: number;
}

const MAX_HANDLE = 64;
const MAX_NAME = 1_024;
const MAX_DATA = 2 ** 21;

/** A client of NFS version 3 that shows all that the server says. */
export class NfsClient implements Disposable {
  readonly rpc: RpcClient;

  private constructor(rpc: RpcClient) {
    this.rpc = rpc;
  }

  static async connect(port: number): Promise<NfsClient> {
    return new NfsClient(await RpcClient.connect(port));
  }

  /** Calls a procedure of NFS and gives its status and what follows. */
  async call(
    procedure: number,
    parameters: (writer: XdrWriter) => void,
  ): Promise<{ readonly status: number; readonly results: XdrReader }> {
    const target = { program: NFS_PROGRAM, version: NFS_V3, procedure };
    const results = await this.rpc.call(target, parameters);
    return { status: results.u32(), results };
  }

  /** MNT: a handle, or the status of a failure. */
  async mount(path: string): Promise<Buffer | number> {
    const procedure = MountProcedure.MNT;
    const target = { program: MOUNT_PROGRAM, version: MOUNT_V3, procedure };
    const results = await this.rpc.call(target, (writer) => writer.string(path));
    const status = results.u32();
    return status === Status.OK ? results.opaque(MAX_HANDLE) : status;
  }

  /** The handle of a directory that is there. */
  async directory(path: string): Promise<Buffer> {
    const handle = await this.mount(path);
    if (typeof handle === "number") throw new Error(`cannot mount ${path}: ${handle}`);
    return handle;
  }

  async attributes(handle: Uint8Array): Promise<Attributes | number> {
    const { status, results } = await this.call(Procedure.GETATTR, (writer) => {
      writer.opaque(handle);
    });
    return status === Status.OK ? readAttributes(results) : status;
  }

  /** A handle, or the status of a failure. */
  async lookup(directory: Uint8Array, name: string | Uint8Array): Promise<Buffer | number> {
    const { status, results } = await this.call(Procedure.LOOKUP, (writer) => {
      writer.opaque(directory);
      writer.opaque(Buffer.from(name));
    });
    return status === Status.OK ? results.opaque(MAX_HANDLE) : status;
  }

  /** Looks one name after the other up, which must be there. */
  async walk(path: string): Promise<Buffer> {
    let handle = await this.directory("/");
    for (const name of path.split("/")) {
      const next = await this.lookup(handle, name);
      if (typeof next === "number") throw new Error(`cannot find ${name} of ${path}: ${next}`);
      handle = next;
    }
    return handle;
  }

  async read(
    handle: Uint8Array,
    offset: number,
    length: number,
  ): Promise<{ readonly bytes: Buffer; readonly isEnd: boolean } | number> {
    const { status, results } = await this.call(Procedure.READ, (writer) => {
      writer.opaque(handle);
      writer.u64(offset);
      writer.u32(length);
    });
    readOptionalAttributes(results);
    if (status !== Status.OK) return status;
    const count = results.u32();
    const isEnd = results.bool();
    const bytes = results.opaque(MAX_DATA);
    if (bytes.length !== count) throw new Error(`${bytes.length} bytes instead of ${count}`);
    return { bytes, isEnd };
  }

  async page(
    directory: Uint8Array,
    withAttributes: boolean,
    { cookie = 0, verifier = new Uint8Array(8), maximum = 32_768, nameBytes }: PageRequest = {},
  ): Promise<Page> {
    const procedure = withAttributes ? Procedure.READDIRPLUS : Procedure.READDIR;
    const { status, results } = await this.call(procedure, (writer) => {
      writer.opaque(directory);
      writer.u64(cookie);
      writer.fixedOpaque(verifier);
      if (withAttributes) writer.u32(nameBytes ?? maximum);
      writer.u32(maximum);
    });
    const before = results.remaining;
    readOptionalAttributes(results);
    if (status !== Status.OK) {
      return { status, verifier: Buffer.alloc(8), rows: [], isLast: false };
    }
    const given = results.fixedOpaque(8);
    const rows: Row[] = [];
    while (results.bool()) rows.push(readRow(results, withAttributes));
    const isLast = results.bool();
    if (before - results.remaining > maximum) throw new Error("more than the client has room for");
    return { status, verifier: given, rows, isLast };
  }

  /** All rows of a directory, in pages. */
  async list(directory: Uint8Array, request: PageRequest = {}): Promise<Row[]> {
    const rows: Row[] = [];
    for (let page = await this.page(directory, true, request); ; ) {
      if (page.status !== Status.OK) throw new Error(`no listing: ${page.status}`);
      rows.push(...page.rows);
      const cookie = rows.at(-1)?.cookie ?? 0;
      if (page.isLast) return rows;
      page = await this.page(directory, true, { ...request, cookie, verifier: page.verifier });
    }
  }

  [Symbol.dispose](): void {
    this.rpc[Symbol.dispose]();
  }
}

/** `fattr3`. */
export function readAttributes(results: XdrReader): Attributes {
  const type = results.u32();
  const mode = results.u32();
  const links = results.u32();
  results.fixedOpaque(8);
  const size = results.u64();
  results.fixedOpaque(24);
  const fileNumber = results.fixedOpaque(8).toString("hex");
  results.fixedOpaque(8);
  const modified = [results.u32(), results.u32()] as const;
  const changed = [results.u32(), results.u32()] as const;
  return { type, mode, links, size, fileNumber, modified, changed };
}

/** `post_op_attr`. */
export function readOptionalAttributes(results: XdrReader): Attributes | undefined {
  return results.bool() ? readAttributes(results) : undefined;
}

function readRow(results: XdrReader, withAttributes: boolean): Row {
  const fileNumber = results.fixedOpaque(8).toString("hex");
  const name = results.opaque(MAX_NAME).toString();
  const cookie = results.u64();
  if (!withAttributes) {
    return { fileNumber, name, cookie, attributes: undefined, handle: undefined };
  }
  const attributes = readOptionalAttributes(results);
  const handle = results.bool() ? results.opaque(MAX_HANDLE) : undefined;
  return { fileNumber, name, cookie, attributes, handle };
}

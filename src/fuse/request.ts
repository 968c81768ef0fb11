import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { NodeId } from "./file_system.ts";
import { Opcode, Size } from "./protocol.ts";
import { RequestReader } from "./request_reader.ts";

/** The 64-bit number of a request, in two halves so that it stays exact. */
export interface Unique {
  readonly low: number;
  readonly high: number;
}

/** What every request has: `struct fuse_in_header`. */
export interface RequestHeader {
  readonly unique: Unique;
  readonly node: NodeId;
}

/** The header of a request with its opcode, which may be one that nobody knows. */
export interface DecodedHeader extends RequestHeader {
  readonly code: number;
}

export interface LookupRequest extends RequestHeader {
  readonly opcode: typeof Opcode.LOOKUP;
  readonly name: Uint8Array;
}

export interface ForgetRequest extends RequestHeader {
  readonly opcode: typeof Opcode.FORGET;
  readonly count: number;
}

export interface BatchForgetRequest extends RequestHeader {
  readonly opcode: typeof Opcode.BATCH_FORGET;
  readonly forgets: readonly { readonly node: NodeId; readonly count: number }[];
}

/** READ of a file, READDIR and READDIRPLUS of a directory. */
export interface ReadRequest extends RequestHeader {
  readonly opcode: typeof Opcode.READ | typeof Opcode.READDIR | typeof Opcode.READDIRPLUS;
  /** Bytes into the file, or what the last row of the directory said. */
  readonly offset: number;
  /** At most so many bytes are wanted. */
  readonly size: number;
}

export interface InitRequest extends RequestHeader {
  readonly opcode: typeof Opcode.INIT;
  readonly major: number;
  readonly minor: number;
  readonly maxReadahead: number;
  readonly flags: number;
}

export interface InterruptRequest extends RequestHeader {
  readonly opcode: typeof Opcode.INTERRUPT;
  readonly interrupted: Unique;
}

/** A request that is answered without looking at what it carries. */
export interface OtherRequest extends RequestHeader {
  readonly opcode: "other";
  readonly code: number;
}

/** A request of the kernel. */
export type FuseRequest =
  | LookupRequest
  | ForgetRequest
  | BatchForgetRequest
  | ReadRequest
  | InitRequest
  | InterruptRequest
  | OtherRequest;

/**
 * The opcode and the header of a request.
 *
 * @throws GomodfsError `PROTOCOL` if `bytes` is not one whole request
 */
export function decodeHeader(bytes: Buffer): DecodedHeader {
  const reader = new RequestReader(bytes);
  const length = reader.u32();
  if (length !== bytes.length || length < Size.IN_HEADER) {
    throw new GomodfsError(
      "PROTOCOL",
      `FUSE request of ${bytes.length} bytes says that it has ${length}`,
    );
  }
  const code = reader.u32();
  return { code, unique: unique(reader), node: reader.u64() };
}

/**
 * Decodes the request whose header is `header`.
 *
 * @throws GomodfsError `PROTOCOL` if the request is shorter than its opcode says, or holds a number or a name that
 * cannot be
 */
export function decodeRequest(header: DecodedHeader, bytes: Buffer): FuseRequest {
  const { code, unique: id, node } = header;
  const reader = new RequestReader(bytes);
  reader.skip(Size.IN_HEADER);
  switch (code) {
    case Opcode.LOOKUP:
      return { opcode: code, unique: id, node, name: reader.name() };
    case Opcode.FORGET:
      return { opcode: code, unique: id, node, count: reader.u64() };
    case Opcode.BATCH_FORGET:
      return { opcode: code, unique: id, node, forgets: forgets(reader) };
    case Opcode.READ:
    case Opcode.READDIR:
    case Opcode.READDIRPLUS:
      reader.skip(FILE_HANDLE_SIZE);
      return { opcode: code, unique: id, node, offset: reader.u64(), size: reader.u32() };
    case Opcode.INIT:
      return {
        opcode: code,
        unique: id,
        node,
        major: reader.u32(),
        minor: reader.u32(),
        maxReadahead: reader.u32(),
        flags: reader.u32(),
      };
    case Opcode.INTERRUPT:
      return { opcode: code, unique: id, node, interrupted: unique(reader) };
    default:
      return { opcode: "other", unique: id, node, code };
  }
}

const FILE_HANDLE_SIZE = 8;

function unique(reader: RequestReader): Unique {
  return { low: reader.u32(), high: reader.u32() };
}

function forgets(reader: RequestReader): BatchForgetRequest["forgets"] {
  const count = reader.u32();
  reader.skip(4);
  if (count > reader.remaining / Size.FORGET_ONE) {
    throw new GomodfsError("PROTOCOL", `FUSE request to forget ${count} nodes is too short`);
  }
  return Array.from({ length: count }, () => ({ node: reader.u64(), count: reader.u64() }));
}

/** The kernel's end of the protocol: encodes requests and decodes replies, as fs/fuse does. */
import { Opcode } from "../protocol.ts";
import type { FuseRequest, Unique } from "../request.ts";

/** A reply, its header parsed. */
export interface Reply {
  /** Positive; 0 for success. For a notification, minus its code. */
  readonly errno: number;
  readonly unique: bigint;
  readonly body: Buffer;
}

/** `struct fuse_attr`, in part. */
export interface Attributes {
  readonly inode: bigint;
  readonly size: bigint;
  readonly blocks: bigint;
  readonly times: readonly bigint[];
  readonly mode: number;
  readonly links: number;
  readonly uid: number;
  readonly gid: number;
}

/** `struct fuse_entry_out`, in part. */
export interface Entry {
  readonly node: bigint;
  readonly entryValid: bigint;
  readonly attributesValid: bigint;
  readonly attributes: Attributes;
}

/** `struct fuse_dirent`. */
export interface Row {
  readonly inode: bigint;
  readonly offset: bigint;
  readonly type: number;
  readonly name: string;
  /** Of READDIRPLUS. */
  readonly entry?: Entry;
}

/** One whole request. */
export function encodeRequest(request: FuseRequest): Buffer {
  const code = request.opcode === "other" ? request.code : request.opcode;
  return requestBytes(code, request.unique, request.node, requestBody(request));
}

/** A request of any opcode with any body. */
export function requestBytes(code: number, unique: Unique, node: number, body: Buffer): Buffer {
  const header = Buffer.alloc(40);
  header.writeUInt32LE(header.length + body.length, 0);
  header.writeUInt32LE(code, 4);
  header.writeUInt32LE(unique.low, 8);
  header.writeUInt32LE(unique.high, 12);
  header.writeBigUInt64LE(BigInt(node), 16);
  return Buffer.concat([header, body]);
}

export function decodeReply(bytes: Buffer): Reply {
  if (bytes.readUInt32LE(0) !== bytes.length) throw new Error("length of the reply is wrong");
  return {
    errno: 0 - bytes.readInt32LE(4),
    unique: bytes.readBigUInt64LE(8),
    body: bytes.subarray(16),
  };
}

export function decodeEntry(bytes: Buffer): Entry {
  return {
    node: bytes.readBigUInt64LE(0),
    entryValid: bytes.readBigUInt64LE(16),
    attributesValid: bytes.readBigUInt64LE(24),
    attributes: decodeAttributes(bytes.subarray(40)),
  };
}

export function decodeAttributes(bytes: Buffer): Attributes {
  return {
    inode: bytes.readBigUInt64LE(0),
    size: bytes.readBigUInt64LE(8),
    blocks: bytes.readBigUInt64LE(16),
    times: [24, 32, 40].map((offset) => bytes.readBigUInt64LE(offset)),
    mode: bytes.readUInt32LE(60),
    links: bytes.readUInt32LE(64),
    uid: bytes.readUInt32LE(68),
    gid: bytes.readUInt32LE(72),
  };
}

export function decodeRows(bytes: Buffer, plus: boolean): Row[] {
  const rows: Row[] = [];
  for (let start = 0; start < bytes.length; ) {
    const entry = plus ? decodeEntry(bytes.subarray(start)) : undefined;
    const dirent = bytes.subarray(start + (plus ? 128 : 0));
    const length = dirent.readUInt32LE(16);
    rows.push({
      inode: dirent.readBigUInt64LE(0),
      offset: dirent.readBigUInt64LE(8),
      type: dirent.readUInt32LE(20),
      name: dirent.subarray(24, 24 + length).toString(),
      ...(entry === undefined ? {} : { entry }),
    });
    start += (plus ? 128 : 0) + Math.ceil((24 + length) / 8) * 8;
  }
  return rows;
}

function requestBody(request: FuseRequest): Buffer {
  switch (request.opcode) {
    case Opcode.LOOKUP:
      return Buffer.concat([request.name, Buffer.alloc(1)]);
    case Opcode.FORGET:
      return integers([8, request.count]);
    case Opcode.BATCH_FORGET:
      return integers(
        [4, request.forgets.length],
        [4, 0],
        ...request.forgets.flatMap(({ node, count }): Integer[] => [
          [8, node],
          [8, count],
        ]),
      );
    case Opcode.READ:
    case Opcode.READDIR:
    case Opcode.READDIRPLUS:
      return integers([8, 0], [8, request.offset], [4, request.size], [4, 0], [8, 0], [8, 0]);
    case Opcode.INIT:
      return Buffer.concat([
        integers([4, request.major], [4, request.minor], [4, request.maxReadahead]),
        integers([4, request.flags]),
        Buffer.alloc(48),
      ]);
    case Opcode.INTERRUPT:
      return integers([4, request.interrupted.low], [4, request.interrupted.high]);
    case "other":
      return Buffer.alloc(64);
  }
}

/** Size in bytes and value. */
type Integer = readonly [size: 4 | 8, value: number];

function integers(...fields: readonly Integer[]): Buffer {
  return Buffer.concat(
    fields.map(([size, value]) => {
      const bytes = Buffer.alloc(size);
      if (size === 4) bytes.writeUInt32LE(value);
      else bytes.writeBigUInt64LE(BigInt(value));
      return bytes;
    }),
  );
}

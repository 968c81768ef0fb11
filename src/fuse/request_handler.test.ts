import { constants } from "node:os";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { FILE_TIME } from "../tree/file_time.ts";
import { InitFlag, Opcode } from "./protocol.ts";
import { decodeHeader, type FuseRequest } from "./request.ts";
import { RequestHandler } from "./request_handler.ts";
import {
  decodeAttributes,
  decodeEntry,
  decodeReply,
  decodeRows,
  encodeRequest,
  type Reply,
  type Row,
  requestBytes,
} from "./testdata/kernel_side.ts";
import { type MemoryEntry, MemoryFileSystem, pattern } from "./testdata/memory_file_system.ts";

const { EAGAIN, EINTR, EINVAL, EIO, ENOENT, ENOSYS, ENOTCONN, ENOTTY, EPROTO, EROFS } =
  constants.errno;
const NUMBERS = Array.from({ length: 300 }, (_, index) => `file-${index}`);
const ROOT = 1;
const FOREVER = BigInt(2 ** 31 - 1);

let fileSystem: MemoryFileSystem;
let handler: RequestHandler;
let replies: Reply[];
let errors: unknown[];
let waits: { ticket: number; name: string }[];
let lastUnique: number;

beforeEach(() => {
  waits = [];
  replies = [];
  errors = [];
  lastUnique = 0;
  fileSystem = new MemoryFileSystem(tree(), (ticket, name) => waits.push({ ticket, name }));
  const sink = {
    send: (reply: { buffer: Buffer; length: number }, body = new Uint8Array(0)) => {
      replies.push(decodeReply(Buffer.concat([reply.buffer.subarray(0, reply.length), body])));
    },
  };
  handler = new RequestHandler(fileSystem, sink, {
    ownership: { uid: 7, gid: 8, time: FILE_TIME },
    onError: (error) => errors.push(error),
    pendingLimit: 3,
  });
});

function tree(): MemoryEntry {
  const numbers = NUMBERS.map((name): [string, MemoryEntry] => [
    name,
    { kind: "file", content: Buffer.from(name), executable: false },
  ]);
  return {
    kind: "directory",
    entries: new Map<string, MemoryEntry>([
      ["tool", { kind: "file", content: Buffer.from("#!/bin/sh\n"), executable: true }],
      ["big", { kind: "file", content: 1_000_000, executable: false }],
      ["numbers", { kind: "directory", entries: new Map(numbers) }],
    ]),
  };
}

/** A request without its unique. */
type Question = FuseRequest extends infer R
  ? R extends FuseRequest
    ? Omit<R, "unique">
    : never
  : never;

/** Sends a request. @returns its reply, or undefined if there is none */
function ask(question: Question): Reply | undefined {
  lastUnique += 2;
  const before = replies.length;
  const bytes = encodeRequest({ ...question, unique: { low: lastUnique, high: 5 } } as FuseRequest);
  handler.handle(decodeHeader(bytes), bytes);
  return replies[before];
}

function lookup(name: string, node = ROOT): Reply | undefined {
  return ask({ opcode: Opcode.LOOKUP, node, name: Buffer.from(name) });
}

function other(code: number, node = ROOT): Reply | undefined {
  return ask({ opcode: "other", code, node });
}

function init(flags: number, minor = 45, major = 7): Reply | undefined {
  return ask({ opcode: Opcode.INIT, node: 0, major, minor, maxReadahead: 131_072, flags });
}

function found(reply: Reply | undefined): ReturnType<typeof decodeEntry> {
  if (reply?.errno !== 0) throw new Error(`errno ${reply?.errno}`);
  return decodeEntry(reply.body);
}

describe("INIT", () => {
  it("takes only flags that the kernel offers", () => {
    const reply = init(InitFlag.ASYNC_READ | InitFlag.NO_OPEN_SUPPORT | (1 << 16));
    expect(reply?.body.length).toBe(64);
    expect(reply?.body.readUInt32LE(0)).toBe(7);
    expect(reply?.body.readUInt32LE(12)).toBe(InitFlag.ASYNC_READ | InitFlag.NO_OPEN_SUPPORT);
    expect(handler.negotiated?.minor).toBe(39);
  });

  it("answers a newer major version with its own, and waits for the kernel to ask again", () => {
    expect(init(0, 0, 8)?.body.readUInt32LE(0)).toBe(7);
    expect(handler.negotiated).toBeUndefined();
  });

  it("refuses versions that are too old", () => {
    expect(init(0, 22)?.errno).toBe(EPROTO);
    expect(errors).toHaveLength(1);
  });

  it("opens files only where the kernel cannot do without", () => {
    init(InitFlag.NO_OPEN_SUPPORT);
    expect(other(Opcode.OPEN)?.errno).toBe(ENOSYS);
    expect(other(Opcode.OPENDIR)).toMatchObject({ errno: 0, body: { length: 16 } });
  });
});

describe("LOOKUP and GETATTR", () => {
  it("show modes, sizes, owner and times of files", () => {
    const { node, entryValid, attributesValid, attributes } = found(lookup("tool"));
    expect(entryValid).toBe(FOREVER);
    expect(attributesValid).toBe(FOREVER);
    const time = 1_258_031_655n;
    const expected = {
      inode: node,
      size: 10n,
      blocks: 1n,
      times: [time, time, time],
      mode: 0o100555,
      links: 1,
      uid: 7,
      gid: 8,
    };
    expect(attributes).toEqual(expected);
    const reply = other(Opcode.GETATTR, Number(node));
    expect(reply?.body.length).toBe(104);
    expect(decodeAttributes(reply?.body.subarray(16) ?? Buffer.alloc(0))).toEqual(expected);
  });

  it("show directories that nobody may write", () => {
    expect(found(lookup("numbers")).attributes.mode).toBe(0o040555);
    expect(found(lookup("big")).attributes.mode).toBe(0o100444);
  });

  it("let the kernel remember only those names as missing that will never be there", () => {
    expect(lookup("later")?.errno).toBe(ENOENT);
    const negative = found(lookup("never-there"));
    expect(negative).toMatchObject({ node: 0n, entryValid: FOREVER });
  });

  it("answer EIO and report what the file system throws", () => {
    expect(lookup("throw-something")?.errno).toBe(EIO);
    expect(errors).toEqual([new Error("cannot look up throw-something")]);
  });
});

describe("READ", () => {
  it("gives the bytes asked for, in one piece however many", () => {
    const node = Number(found(lookup("big")).node);
    for (const size of [10, 4096, 65_520, 65_521, 900_000]) {
      const reply = ask({ opcode: Opcode.READ, node, offset: 4096, size });
      expect(reply?.errno).toBe(0);
      expect(reply?.body.equals(pattern(4096, size))).toBe(true);
    }
  });

  it("gives fewer only at the end of the file", () => {
    const node = Number(found(lookup("big")).node);
    expect(ask({ opcode: Opcode.READ, node, offset: 999_999, size: 4096 })?.body.length).toBe(1);
    expect(ask({ opcode: Opcode.READ, node, offset: 1_000_000, size: 4096 })?.body.length).toBe(0);
  });
});

describe("READDIR and READDIRPLUS", () => {
  /** Reads a directory as the kernel does, from offset to offset, `size` bytes at a time. */
  function readAll(
    opcode: typeof Opcode.READDIR | typeof Opcode.READDIRPLUS,
    node: number,
    size: number,
  ): Row[] {
    const rows: Row[] = [];
    for (let offset = 0; ; offset = Number(rows.at(-1)?.offset)) {
      const body = ask({ opcode, node, offset, size })?.body ?? Buffer.alloc(0);
      expect(body.length).toBeLessThanOrEqual(size);
      const next = decodeRows(body, opcode === Opcode.READDIRPLUS);
      if (next.length === 0) return rows;
      rows.push(...next);
    }
  }

  it.each([Opcode.READDIR, Opcode.READDIRPLUS] as const)(
    "lists every name once (opcode %i)",
    (opcode) => {
      const node = Number(found(lookup("numbers")).node);
      const names = readAll(opcode, node, 4096).map((row) => row.name);
      expect(names).toEqual([".", "..", ...NUMBERS]);
    },
  );

  it("goes on with the listing that a reader began, though others begin anew", () => {
    const node = Number(found(lookup("numbers")).node);
    const question = { opcode: Opcode.READDIR, node, size: 4096 } as const;
    const first = decodeRows(ask({ ...question, offset: 0 })?.body ?? Buffer.alloc(0), false);
    readAll(Opcode.READDIR, node, 1000);
    const offset = Number(first.at(-1)?.offset);
    const second = decodeRows(ask({ ...question, offset })?.body ?? Buffer.alloc(0), false);
    expect(second[0]?.name).toBe(NUMBERS[first.length - 2]);
  });

  it("grants one reference with each row of READDIRPLUS, and none with READDIR", () => {
    const node = Number(found(lookup("numbers")).node);
    readAll(Opcode.READDIR, node, 4096);
    expect(fileSystem.references).toBe(1);
    const rows = readAll(Opcode.READDIRPLUS, node, 4096);
    const granted = rows.filter((row) => row.entry !== undefined && row.entry.node !== 0n);
    expect(granted.map((row) => row.name)).toEqual(NUMBERS);
    expect(fileSystem.references).toBe(1 + NUMBERS.length);
  });

  it("grants no second reference with a row that is sent again", () => {
    const node = Number(found(lookup("numbers")).node);
    const question = { opcode: Opcode.READDIRPLUS, node, size: 4096 } as const;
    const first = decodeRows(ask({ ...question, offset: 0 })?.body ?? Buffer.alloc(0), true);
    const offset = Number(first[4]?.offset);
    const again = decodeRows(ask({ ...question, offset })?.body ?? Buffer.alloc(0), true);
    expect(again[0]).toMatchObject({ name: first[5]?.name, entry: { node: 0n } });
  });

  it("gives back what it granted when the kernel forgets it", () => {
    const node = Number(found(lookup("numbers")).node);
    const rows = readAll(Opcode.READDIRPLUS, node, 4096);
    const forgets = rows.flatMap(({ entry }) =>
      entry === undefined || entry.node === 0n ? [] : [{ node: Number(entry.node), count: 1 }],
    );
    expect(ask({ opcode: Opcode.BATCH_FORGET, node: 0, forgets })).toBeUndefined();
    expect(ask({ opcode: Opcode.FORGET, node, count: 1 })).toBeUndefined();
    expect(fileSystem.references).toBe(0);
  });
});

describe("waiting", () => {
  it("lets several requests wait for one ticket and answers each of them", () => {
    lookup("wait-shared-a");
    lookup("wait-shared-a");
    fileSystem.release("wait-shared-a", Buffer.from("there"));
    expect(replies).toEqual([]);
    expect(waits).toEqual([{ ticket: 1, name: "wait-shared-a" }]);
    handler.settle(1, undefined);
    expect(replies.map(({ unique }) => unique)).toEqual([(5n << 32n) + 2n, (5n << 32n) + 4n]);
    expect(replies.map((reply) => found(reply).attributes.size)).toEqual([5n, 5n]);
    expect(handler.pending).toBe(0);
  });

  it("fails with what the ticket was settled with", () => {
    lookup("wait-a");
    handler.settle(1, { errno: EIO });
    expect(replies).toMatchObject([{ errno: EIO }]);
  });

  it("does not wait twice", () => {
    lookup("wait-a");
    handler.settle(1, undefined);
    expect(replies).toMatchObject([{ errno: EIO }]);
    expect(handler.pending).toBe(0);
  });

  it("refuses more than the limit", () => {
    const outcomes = ["wait-a", "wait-b", "wait-c", "wait-d"].map((name) => lookup(name)?.errno);
    expect(outcomes).toEqual([undefined, undefined, undefined, EAGAIN]);
  });

  it("answers EINTR to a request that is interrupted, and nothing later", () => {
    lookup("wait-a");
    const interrupted = { low: lastUnique, high: 5 };
    ask({ opcode: Opcode.INTERRUPT, node: 0, interrupted });
    expect(replies).toMatchObject([{ errno: EINTR, unique: (5n << 32n) + 2n }]);
    handler.settle(1, undefined);
    ask({ opcode: Opcode.INTERRUPT, node: 0, interrupted });
    expect(replies).toHaveLength(1);
  });

  it("answers ENOTCONN to all when nobody serves any more", () => {
    lookup("wait-a");
    lookup("wait-b");
    handler.abandonPending();
    expect(replies).toMatchObject([{ errno: ENOTCONN }, { errno: ENOTCONN }]);
  });
});

describe("other requests", () => {
  it.each([
    ["SETATTR", EROFS],
    ["SYMLINK", EROFS],
    ["MKNOD", EROFS],
    ["MKDIR", EROFS],
    ["UNLINK", EROFS],
    ["RMDIR", EROFS],
    ["RENAME", EROFS],
    ["RENAME2", EROFS],
    ["LINK", EROFS],
    ["WRITE", EROFS],
    ["SETXATTR", EROFS],
    ["REMOVEXATTR", EROFS],
    ["CREATE", EROFS],
    ["FALLOCATE", EROFS],
    ["COPY_FILE_RANGE", EROFS],
    ["TMPFILE", EROFS],
    ["GETXATTR", ENOSYS],
    ["FLUSH", ENOSYS],
    ["STATX", ENOSYS],
    ["IOCTL", ENOTTY],
    ["READLINK", EINVAL],
    ["DESTROY", 0],
  ] as const)("%s is answered with %i", (name, errno) => {
    expect(other(Opcode[name])?.errno).toBe(errno);
  });

  it("answers ENOSYS to opcodes that nobody knows", () => {
    expect(other(999)?.errno).toBe(ENOSYS);
  });

  it("answers STATFS", () => {
    const reply = other(Opcode.STATFS);
    expect(reply).toMatchObject({ errno: 0, body: { length: 80 } });
    expect(reply?.body.readUInt32LE(44)).toBe(255);
  });

  it("survives whatever a request carries", () => {
    const opcode = fc.constantFrom(...Object.values(Opcode), 0, 63, 2 ** 32 - 1);
    const node = fc.integer({ min: 0, max: 10 });
    const body = fc.uint8Array({ maxLength: 80 });
    fc.assert(
      fc.property(opcode, node, body, (code, id, content) => {
        const bytes = requestBytes(code, { low: 1, high: 0 }, id, Buffer.from(content));
        handler.handle(decodeHeader(bytes), bytes);
        expect(replies.every(({ errno }) => errno >= 0)).toBe(true);
      }),
    );
  });

  it("answers EIO to a request that makes no sense and serves on", () => {
    const bytes = encodeRequest({
      opcode: Opcode.LOOKUP,
      unique: { low: 2, high: 0 },
      node: 1,
      name: Buffer.from("tool"),
    }).subarray(0, 42);
    bytes.writeUInt32LE(42, 0);
    handler.handle(decodeHeader(bytes), bytes);
    expect(replies).toMatchObject([{ errno: EIO }]);
    expect(found(lookup("tool")).attributes.size).toBe(10n);
  });
});

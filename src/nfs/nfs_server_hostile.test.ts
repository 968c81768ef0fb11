import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LAST_FRAGMENT } from "./rpc/record_mark.ts";
import { NfsClient } from "./testdata/nfs_client.ts";
import { callMessage, marked, RpcClient } from "./testdata/rpc_client.ts";
import { ServedTree } from "./testdata/served_tree.ts";
import { NFS_PROGRAM, NFS_V3, Procedure, Status } from "./v3/nfs_constants.ts";
import { XdrWriter } from "./xdr/xdr_writer.ts";

const MEBIBYTE = 2 ** 20;

describe("NfsServer against hostile clients", () => {
  let served: ServedTree;

  beforeEach(async () => {
    served = await ServedTree.create();
  });

  afterEach(async () => {
    await served[Symbol.asyncDispose]();
  });

  it("lives on whatever parameters its procedures get", async () => {
    const { port } = await served.serve();
    using honest = await NfsClient.connect(port);
    using guest = await NfsClient.connect(port);
    const handle = await honest.directory("/example.com/small@v1.0.0/many");
    const noise = fc.uint8Array({ maxLength: 120 });
    // Parameters that begin as they should get further.
    const nearly = noise.map((rest) => {
      const writer = new XdrWriter();
      writer.opaque(handle);
      return Buffer.concat([writer.bytes, rest]);
    });
    const procedure = fc.nat({ max: 22 });
    await fc.assert(
      fc.asyncProperty(procedure, fc.oneof(noise, nearly), async (number, parameters) => {
        const target = { program: NFS_PROGRAM, version: NFS_V3, procedure: number };
        const reply = await guest.rpc.exchange(callMessage(target, 0, parameters));
        expect(reply.u32()).toBe(0);
      }),
      { numRuns: 2000 },
    );
    expect(await honest.lookup(handle, "f7.go")).toBeInstanceOf(Buffer);
  });

  it.each([
    ["a record that is too long", Buffer.from("8fffffff", "hex")],
    ["empty fragments without end", Buffer.alloc(4 * 1000)],
    ["a reply instead of a call", marked(Buffer.from("0000000100000001", "hex"))],
    ["half a call", marked(Buffer.alloc(6))],
    ["HTTP", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
  ])("ends the connection of a client that sends %s", async (_what, bytes) => {
    const { port, server } = await served.serve();
    using honest = await NfsClient.connect(port);
    using guest = await RpcClient.connect(port);
    guest.send(bytes);
    await guest.closed;
    expect(server.statistics().rpc.brokenConnections).toBe(1);
    expect(await honest.mount("/")).toBeInstanceOf(Buffer);
  });

  it("ends the connection of a client whose call does not come to its end", async () => {
    const { port } = await served.serve({ limits: { recordTime: 100 } });
    using honest = await NfsClient.connect(port);
    using guest = await RpcClient.connect(port);
    guest.send(Buffer.from("80000100", "hex"));
    await guest.closed;
    expect(await honest.mount("/")).toBeInstanceOf(Buffer);
  });

  it("reads no more calls of a client that does not take in replies, and serves the others", async () => {
    const queuedBytesOfConnection = 2 * MEBIBYTE;
    const { port, server } = await served.serve({ limits: { queuedBytesOfConnection } });
    using honest = await NfsClient.connect(port);
    using slow = await NfsClient.connect(port);
    const file = await slow.walk("example.com/small@v1.0.0/large.bin");
    slow.rpc.socket.pause();
    const writer = new XdrWriter();
    writer.opaque(file);
    writer.u64(0);
    writer.u32(MEBIBYTE);
    const target = { program: NFS_PROGRAM, version: NFS_V3, procedure: Procedure.READ };
    const call = marked(callMessage(target, 77, writer.bytes));
    slow.rpc.send(Buffer.concat(Array.from({ length: 1000 }, () => call)));
    await expect.poll(() => server.statistics().rpc.queuedBytes).toBeGreaterThan(MEBIBYTE);
    const directory = await honest.directory("/example.com/small@v1.0.0");
    for (let count = 0; count < 100; count++) {
      expect(await honest.lookup(directory, "go.mod")).toBeInstanceOf(Buffer);
      const { queuedBytes } = server.statistics().rpc;
      expect(queuedBytes).toBeLessThan(queuedBytesOfConnection + 2 * MEBIBYTE);
    }
    // It gets all that it asked for once it reads.
    const before = slow.rpc.socket.bytesRead;
    slow.rpc.socket.resume();
    await expect
      .poll(() => slow.rpc.socket.bytesRead - before, { timeout: 20_000 })
      .toBeGreaterThan(1000 * MEBIBYTE - 20 * MEBIBYTE);
    await expect.poll(() => server.statistics().rpc.queuedBytes).toBe(0);
  });

  it("keeps the replies of all slow clients together within bounds", async () => {
    const queuedBytes = 3 * MEBIBYTE;
    const { port, server } = await served.serve({ limits: { queuedBytes } });
    const clients: NfsClient[] = [];
    try {
      for (let count = 0; count < 12; count++) {
        const slow = await NfsClient.connect(port);
        clients.push(slow);
        const file = await slow.walk("example.com/small@v1.0.0/large.bin");
        slow.rpc.socket.pause();
        for (let calls = 0; calls < 40; calls++) void read(slow, file).catch(() => {});
      }
      await expect.poll(() => server.statistics().rpc.queuedBytes).toBeGreaterThan(MEBIBYTE);
      using honest = await NfsClient.connect(port);
      expect(await honest.mount("/")).toBeInstanceOf(Buffer);
      // One reply more than the bound for each of them.
      expect(server.statistics().rpc.queuedBytes).toBeLessThan(queuedBytes + 13 * MEBIBYTE);
      expect(server.statistics().rpc.queuedBytes).toBeLessThan(12 * 4 * MEBIBYTE);
    } finally {
      for (const client of clients) client[Symbol.dispose]();
    }
    await expect.poll(() => server.statistics().rpc.queuedBytes).toBe(0);
  });

  async function read(client: NfsClient, file: Buffer): Promise<unknown> {
    return await client.read(file, 0, MEBIBYTE);
  }

  it("lets a newcomer in by ending who has been idle longest, and nobody while all are busy", async () => {
    const limits = { connections: 2, waitTime: 5_000 };
    const { port, server } = await served.serve({ limits });
    using first = await NfsClient.connect(port);
    const directory = await first.directory("/example.com");
    using second = await NfsClient.connect(port);
    await second.mount("/");
    using third = await NfsClient.connect(port);
    await third.mount("/");
    await first.rpc.closed;
    const busy = [second, third].map(
      async (client) => await client.lookup(directory, "cold@v1.0.0"),
    );
    await expect.poll(() => server.statistics().rpc.waiting).toBe(2);
    using fourth = await NfsClient.connect(port);
    await fourth.rpc.closed;
    served.release();
    for (const answer of await Promise.all(busy)) expect(answer).toBeInstanceOf(Buffer);
  });

  it("bears a client that goes away while it waits", async () => {
    const { port, server } = await served.serve();
    const guest = await NfsClient.connect(port);
    const directory = await guest.directory("/example.com");
    const answers = Array.from({ length: 100 }, async () => {
      await expect(guest.lookup(directory, "cold@v1.0.0")).rejects.toThrow("ended the connection");
    });
    await expect.poll(() => server.statistics().rpc.waiting).toBe(100);
    guest[Symbol.dispose]();
    await Promise.all(answers);
    served.release();
    await expect.poll(() => server.statistics().rpc.waiting).toBe(0);
    await expect.poll(() => server.statistics().rpc.connections).toBe(0);
  });

  it("takes no more waiting calls of one client than are allowed", async () => {
    const { port, server } = await served.serve({ limits: { waitingOfConnection: 10 } });
    using guest = await NfsClient.connect(port);
    const directory = await guest.directory("/example.com");
    const answers = Array.from(
      { length: 500 },
      async () => await guest.lookup(directory, "cold@v1.0.0"),
    );
    await expect.poll(() => server.statistics().nfs.failures.get(Status.JUKEBOX)).toBe(490);
    expect(server.statistics().rpc.waiting).toBe(10);
    served.release();
    const found = (await Promise.all(answers)).filter((answer) => typeof answer !== "number");
    expect(found.length).toBe(10);
  });

  it("answers a flood of calls that came in one piece, each once", async () => {
    const { port, server } = await served.serve();
    using guest = await NfsClient.connect(port);
    const root = await guest.directory("/");
    const answers = await Promise.all(
      Array.from({ length: 5000 }, async () => await guest.lookup(root, "example.com")),
    );
    expect(answers.every((answer) => answer instanceof Buffer)).toBe(true);
    expect(server.statistics().nfs.calls[Procedure.LOOKUP]).toBe(5000);
  });

  it("reads a call in many fragments", async () => {
    const { port } = await served.serve();
    using guest = await RpcClient.connect(port);
    const target = { program: NFS_PROGRAM, version: NFS_V3, procedure: Procedure.NULL };
    const call = callMessage(target, 2, new Uint8Array());
    const answer = guest.exchange(call);
    await answer;
    const { promise, resolve } = Promise.withResolvers<Buffer>();
    guest.socket.once("data", resolve);
    for (let offset = 0; offset < call.length; offset += 4) {
      const mark = Buffer.alloc(4);
      mark.writeUInt32BE(4 + (offset + 4 >= call.length ? LAST_FRAGMENT : 0));
      guest.send(Buffer.concat([mark, call.subarray(offset, offset + 4)]));
    }
    expect((await promise).toString("hex", 4)).toBe(
      "000000020000000100000000000000000000000000000000",
    );
  });

  it("lets only those clients connect that are allowed to", async () => {
    const { port, server } = await served.serve({ clients: ["10.0.0.0/8"] });
    using stranger = await RpcClient.connect(port);
    await stranger.closed;
    expect(server.statistics().rpc.refusedConnections).toBe(1);
    const allowing = await served.serve({ clients: ["10.0.0.0/8", "127.0.0.1"] });
    using guest = await NfsClient.connect(allowing.port);
    expect(await guest.mount("/")).toBeInstanceOf(Buffer);
  });
});

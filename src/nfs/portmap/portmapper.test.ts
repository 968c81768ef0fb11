import { createSocket } from "node:dgram";
import { afterAll, beforeAll, expect, test } from "vitest";
import { silentLogger } from "../../lib/logger.ts";
import { callMessage, RpcClient } from "../testdata/rpc_client.ts";
import { XdrReader } from "../xdr/xdr_reader.ts";
import { XdrWriter } from "../xdr/xdr_writer.ts";
import { PortmapProcedure } from "./portmap_program.ts";
import { Portmapper } from "./portmapper.ts";

const TARGET = { program: 100_000, version: 2 };
const UDP = 17;

let portmapper: Portmapper;
let port: number;

beforeAll(async () => {
  portmapper = new Portmapper({ nfsPort: 2049, log: silentLogger });
  port = await portmapper.listen({ kind: "tcp", host: "127.0.0.1", port: 0 });
});

afterAll(async () => {
  await portmapper.close();
});

test.each([
  ["NFS", 100_003, 3, 6, 2049],
  ["MOUNT", 100_005, 3, 6, 2049],
  ["another version of MOUNT", 100_005, 1, 6, 2049],
  ["NLM", 100_021, 4, 6, 2049],
  ["NFS over UDP", 100_003, 3, UDP, 0],
  ["NSM", 100_024, 1, 6, 0],
])("tells the port of %s over TCP and UDP", async (_what, program, version, protocol, expected) => {
  using client = await RpcClient.connect(port);
  const parameters = new XdrWriter();
  for (const value of [program, version, protocol, 0]) parameters.u32(value);
  const target = { ...TARGET, procedure: PortmapProcedure.GETPORT };
  const answer = await client.call(target, (writer) => writer.fixedOpaque(parameters.bytes));
  expect(answer.u32()).toBe(expected);
  const reply = await datagram(callMessage(target, 9, parameters.bytes));
  expect(reply.readUInt32BE(0)).toBe(9);
  expect(reply.readUInt32BE(24)).toBe(expected);
});

test("registers nothing, forwards nothing, and lists what is there", async () => {
  using client = await RpcClient.connect(port);
  const set = await client.call({ ...TARGET, procedure: PortmapProcedure.SET });
  expect(set.bool()).toBe(false);
  await expect(client.call({ ...TARGET, procedure: PortmapProcedure.CALLIT })).rejects.toThrow(
    "RPC refuses: 0 0 0 3",
  );
  const list = await client.call({ ...TARGET, procedure: PortmapProcedure.DUMP });
  const programs: number[] = [];
  while (list.bool()) {
    programs.push(list.u32());
    list.fixedOpaque(12);
  }
  expect(programs).toEqual([100_003, 100_005, 100_021]);
});

test("survives datagrams that are no calls", async () => {
  const socket = createSocket("udp4");
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(7), Buffer.alloc(4_000, 255)]) {
    socket.send(bytes, port, "127.0.0.1");
  }
  socket.close();
  const nothing = { ...TARGET, procedure: PortmapProcedure.NULL };
  const reply = new XdrReader(await datagram(callMessage(nothing, 3, new Uint8Array())));
  expect(reply.u32()).toBe(3);
});

/** Sends a datagram and gives the one that comes back. */
async function datagram(message: Uint8Array): Promise<Buffer> {
  const socket = createSocket("udp4");
  try {
    socket.send(message, port, "127.0.0.1");
    const { promise, resolve } = Promise.withResolvers<Buffer>();
    socket.once("message", resolve);
    return await promise;
  } finally {
    socket.close();
  }
}

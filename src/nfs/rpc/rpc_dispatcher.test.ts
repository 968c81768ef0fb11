import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isGomodfsError } from "../../lib/gomodfs_error.ts";
import { callMessage } from "../testdata/rpc_client.ts";
import { RpcDispatcher } from "./rpc_dispatcher.ts";
import type { RpcProgram } from "./rpc_program.ts";

/** Adds one to a number; its other procedure breaks. */
const PROGRAM: RpcProgram = {
  number: 300_000,
  version: 2,
  procedures: 2,
  call: (procedure, parameters, reply) => {
    if (procedure === 1) throw new TypeError("broken");
    reply.writer.u32(parameters.u32() + 1);
    return undefined;
  },
};
const CALLER = { address: "192.0.2.1" };
const TARGET = { program: 300_000, version: 2, procedure: 0 };
const SEVEN = Buffer.from("00000007", "hex");
/** The xid 5, REPLY, MSG_ACCEPTED, a verifier of AUTH_NONE. */
const ACCEPTED = "0000000500000001000000000000000000000000";

describe("RpcDispatcher", () => {
  const errors: unknown[] = [];
  const dispatcher = new RpcDispatcher([PROGRAM], (error) => errors.push(error));

  it.each([
    ["SUCCESS", TARGET, SEVEN, "0000000000000008"],
    ["PROG_UNAVAIL", { ...TARGET, program: 100_227 }, SEVEN, "00000001"],
    ["PROG_MISMATCH", { ...TARGET, version: 4 }, SEVEN, "000000020000000200000002"],
    ["PROC_UNAVAIL", { ...TARGET, procedure: 2 }, SEVEN, "00000003"],
    ["GARBAGE_ARGS", TARGET, Buffer.from("0000", "hex"), "00000004"],
    ["SYSTEM_ERR", { ...TARGET, procedure: 1 }, SEVEN, "00000005"],
  ])("answers with %s", (_status, target, parameters, expected) => {
    expect(answer(callMessage(target, 5, parameters))).toBe(ACCEPTED + expected);
  });

  it("tells of what a program threw", () => {
    expect(errors).toEqual([new TypeError("broken")]);
  });

  it.each([
    ["another version of RPC", 8, 3, "00000005 00000001 00000001 00000000 00000002 00000002"],
    [
      "a flavor of authentication that it does not know",
      24,
      6,
      "00000005 00000001 00000001 00000001 00000005",
    ],
  ])("denies %s", (_what, offset, value, expected) => {
    const call = callMessage(TARGET, 5, SEVEN);
    call.writeUInt32BE(value, offset);
    expect(answer(call)).toBe(expected.replaceAll(" ", ""));
  });

  it("denies a credential of AUTH_SYS that is none, and takes one of AUTH_NONE", () => {
    const broken = { flavor: 1, body: Buffer.from("ffffffffffffffff", "hex") };
    expect(answer(callMessage(TARGET, 5, SEVEN, broken))).toBe(
      "0000000500000001000000010000000100000001",
    );
    const none = { flavor: 0, body: new Uint8Array() };
    expect(answer(callMessage(TARGET, 5, SEVEN, none))).toBe(`${ACCEPTED}0000000000000008`);
  });

  it("answers or refuses whatever comes", () => {
    const nearly = fc.tuple(fc.nat(), fc.nat({ max: 255 })).map(([position, value]) => {
      const call = callMessage(TARGET, 5, SEVEN);
      call[position % call.length] = value;
      return call;
    });
    const noise = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(nearly, noise), (record) => {
        try {
          expect(answer(record).length).toBeGreaterThan(0);
        } catch (error) {
          if (!isGomodfsError(error, "PROTOCOL")) throw error;
        }
      }),
      { numRuns: 1000 },
    );
  });

  /** The reply without its record mark, in hexadecimal. */
  function answer(record: Buffer): string {
    const reply = dispatcher.dispatch(record, CALLER, undefined);
    if ("begin" in reply) throw new Error("deferred");
    expect(reply.head.readUInt32BE(0) - 0x8000_0000).toBe(reply.head.length - 4);
    return reply.head.toString("hex", 4);
  }
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isGomodfsError } from "../lib/gomodfs_error.ts";
import { Opcode } from "./protocol.ts";
import { decodeHeader, decodeRequest, type FuseRequest } from "./request.ts";
import { encodeRequest, requestBytes } from "./testdata/kernel_side.ts";

const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const u53 = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const unique = fc.record({ low: u32, high: u32 });
const header = { unique, node: u53 };
const name = fc
  .array(fc.integer({ min: 1, max: 255 }), { maxLength: 255 })
  .map((bytes) => Uint8Array.from(bytes));

const request: fc.Arbitrary<FuseRequest> = fc.oneof(
  fc.record({ opcode: fc.constant(Opcode.LOOKUP), ...header, name }),
  fc.record({ opcode: fc.constant(Opcode.FORGET), ...header, count: u53 }),
  fc.record({
    opcode: fc.constant(Opcode.BATCH_FORGET),
    ...header,
    forgets: fc.array(fc.record({ node: u53, count: u53 })),
  }),
  fc.record({
    opcode: fc.constantFrom(Opcode.READ, Opcode.READDIR, Opcode.READDIRPLUS),
    ...header,
    offset: u53,
    size: u32,
  }),
  fc.record({
    opcode: fc.constant(Opcode.INIT),
    ...header,
    major: u32,
    minor: u32,
    maxReadahead: u32,
    flags: u32,
  }),
  fc.record({ opcode: fc.constant(Opcode.INTERRUPT), ...header, interrupted: unique }),
  fc.record({
    opcode: fc.constant("other"),
    ...header,
    code: fc.constantFrom(Opcode.GETATTR, Opcode.STATFS, Opcode.WRITE, 60, 4096),
  }),
);

function decode(bytes: Buffer): FuseRequest {
  return decodeRequest(decodeHeader(bytes), bytes);
}

describe("decodeRequest()", () => {
  it("gives what the kernel encoded", () => {
    fc.assert(
      fc.property(request, (expected) => {
        expect(decode(encodeRequest(expected))).toEqual(expected);
      }),
    );
  });

  it("gives names that do not change with the buffer they were read from", () => {
    const bytes = encodeRequest({
      opcode: Opcode.LOOKUP,
      unique: { low: 1, high: 0 },
      node: 1,
      name: Buffer.from("go.mod"),
    });
    const decoded = decode(bytes);
    bytes.fill(0xff);
    expect(decoded).toMatchObject({ name: Uint8Array.from(Buffer.from("go.mod")) });
  });

  it("decodes any other bytes, or refuses them with a PROTOCOL error", () => {
    const opcode = fc.constantFrom(...Object.values(Opcode));
    const body = fc.uint8Array({ maxLength: 100 });
    const framed = fc
      .tuple(opcode, unique, body)
      .map(([code, id, bytes]) => requestBytes(code, id, 1, Buffer.from(bytes)));
    const bare = body.map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(framed, bare), (bytes) => {
        expect(["decoded", "PROTOCOL"]).toContain(outcomeOf(bytes));
      }),
    );
  });

  it("refuses a count that the request has no room for without allocating for it", () => {
    const body = Buffer.alloc(8);
    body.writeUInt32LE(0xffff_ffff);
    const bytes = requestBytes(Opcode.BATCH_FORGET, { low: 2, high: 0 }, 1, body);
    expect(() => decode(bytes)).toThrow("4294967295 nodes is too short");
  });
});

function outcomeOf(bytes: Buffer): string {
  try {
    decode(bytes);
    return "decoded";
  } catch (error) {
    return isGomodfsError(error) ? error.code : String(error);
  }
}

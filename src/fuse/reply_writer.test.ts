import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ReplyWriter } from "./reply_writer.ts";
import { decodeReply } from "./testdata/kernel_side.ts";

const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const u53 = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

describe("ReplyWriter", () => {
  it("writes what the kernel reads", () => {
    const writer = new ReplyWriter(1024);
    const errno = fc.integer({ min: 0, max: 4095 });
    const bytes = fc.uint8Array({ maxLength: 64 });
    fc.assert(
      fc.property(u32, u32, errno, u32, u53, bytes, (low, high, error, small, large, content) => {
        writer.begin({ low, high });
        writer.u32(small);
        writer.u64(large);
        writer.zeros(3);
        writer.bytes(content);
        writer.end(error);
        const reply = decodeReply(writer.buffer.subarray(0, writer.length));
        expect(reply.unique).toBe((BigInt(high) << 32n) | BigInt(low));
        expect(reply.errno).toBe(error);
        expect(reply.body.readUInt32LE(0)).toBe(small);
        expect(reply.body.readBigUInt64LE(4)).toBe(BigInt(large));
        expect(reply.body.subarray(12, 15).equals(Buffer.alloc(3))).toBe(true);
        expect(reply.body.subarray(15).equals(content)).toBe(true);
      }),
    );
  });

  it("refuses to write past its end", () => {
    const writer = new ReplyWriter(20);
    writer.begin({ low: 1, high: 0 });
    writer.u32(1);
    expect(writer.remaining).toBe(0);
    expect(() => writer.u16(1)).toThrow("FUSE reply is longer than 20 bytes");
    expect(() => writer.bytes(new Uint8Array(1))).toThrow("longer than 20 bytes");
  });
});

import { describe, expect, it } from "vitest";
import { MemoryReceiver } from "./body_receiver.ts";

describe("MemoryReceiver", () => {
  it.each([6, undefined])("keeps chunks whose memory is used again (size %s)", (size) => {
    const receiver = new MemoryReceiver(size);
    const memory = Buffer.alloc(3);
    for (const text of ["abc", "def"]) {
      memory.write(text);
      receiver.write(memory);
    }
    expect(receiver.received).toBe(6);
    const body = receiver.finish();
    expect(Buffer.from(body).toString()).toBe("abcdef");
    // It may be transferred to another thread.
    expect(body.buffer.byteLength).toBe(6);
  });
});

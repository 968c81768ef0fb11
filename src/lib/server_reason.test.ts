import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { serverReason } from "./server_reason.ts";

describe("serverReason()", () => {
  it.each([
    ["text/plain", "not found\n", "not found"],
    ['Text/Plain; Charset="UTF-8"', "first\r\nsecond\n\nthird", "first second"],
    ["text/plain; charset=utf-16", "not found", ""],
    ["text/plaintive", "not found", ""],
    ["application/json", '{"error":1}', ""],
    [undefined, "not found", ""],
  ])("of %s %j is %j", (contentType, body, reason) => {
    expect(serverReason(contentType, Buffer.from(body))).toBe(reason);
  });

  it("stops after eight lines", () => {
    const lines = Array.from({ length: 20 }, (_, index) => `line${index}`).join("\n");
    expect(serverReason("text/plain", Buffer.from(lines)).split(" ")).toHaveLength(8);
  });

  it("never passes control characters or more than its bound on", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000, size: "max" }), (body) => {
        const reason = serverReason("text/plain", body);
        expect(reason).toMatch(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u);
        expect(reason.length).toBeLessThan(700);
      }),
    );
  });
});

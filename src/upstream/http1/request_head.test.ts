import { describe, expect, it } from "vitest";
import { encodeRequestHead } from "./request_head.ts";

describe("encodeRequestHead()", () => {
  it("writes the request line, the host and the fields", () => {
    const headers = { "user-agent": "gomodfs/test", authorization: "Basic eA==" };
    expect(encodeRequestHead("GET", "/a?b", "host.test:1", headers)).toBe(
      "GET /a?b HTTP/1.1\r\nhost: host.test:1\r\n" +
        "user-agent: gomodfs/test\r\nauthorization: Basic eA==\r\n\r\n",
    );
  });

  it.each(["a\r\nb: c", "a\nb", "a\0", "\u{1f511}"])(
    "refuses the value %j, not saying it",
    (value) => {
      const encode = (): string => encodeRequestHead("GET", "/", "h", { authorization: value });
      expect(encode).toThrow(expect.objectContaining({ code: "USAGE" }));
      expect(encode).toThrow('the request header "authorization" has characters');
      expect(encode).not.toThrow(value);
    },
  );

  it.each(["/a b", "/a\r\n", "/\u00e4", ""])("refuses the target %j", (target) => {
    expect(() => encodeRequestHead("GET", target, "h", {})).toThrow("request target");
  });

  it("refuses a name that is no token", () => {
    expect(() => encodeRequestHead("GET", "/", "h", { "a:b": "c" })).toThrow('"a:b"');
  });
});

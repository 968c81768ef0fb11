import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isGomodfsError } from "../lib/gomodfs_error.ts";
import type { CredentialHeaders } from "./credential_table.ts";
import { parseCredentialSets } from "./goauth_output.ts";

function parsed(text: string): Record<string, CredentialHeaders> {
  return Object.fromEntries(parseCredentialSets(text));
}

describe("parseCredentialSets()", () => {
  // From cmd/go/internal/auth/userauth_test.go, BSD-3-Clause.
  it("reads what cmd/go reads", () => {
    expect(
      parsed(
        "https://example.com\nhttps://example.net/api/\n\nAuthorization: Basic YWxhZGRpbg==\n\n" +
          "https://hello.com\n\nAuthorization: Bearer a\nAuthorization: Bearer b\nData: Test567\n\n",
      ),
    ).toEqual({
      "example.com": { authorization: "Basic YWxhZGRpbg==" },
      "example.net/api": { authorization: "Basic YWxhZGRpbg==" },
      "hello.com": { authorization: "Bearer a, Bearer b", data: "Test567" },
    });
    expect(parsed("")).toEqual({});
    expect(parsed("https://example.com\n\n\n")).toEqual({ "example.com": {} });
    expect(parsed("https://example.com\n\nA: 1\nB: 2\n\nhttps://example.com\n\nA: 3\n\n")).toEqual({
      "example.com": { a: "3" },
    });
  });

  it("sends nothing in the clear, and leaves the client's own headers alone", () => {
    expect(parsed("http://example.com\n\nData: x\n\n")).toEqual({});
    expect(
      parsed("https://example.com\n\nHost: other\nTransfer-Encoding: chunked\nData: x\n\n"),
    ).toEqual({ "example.com": { data: "x" } });
  });

  // From cmd/go/internal/auth/userauth_test.go, BSD-3-Clause; the last three are our own.
  it.each([
    "https://example.com\nAuthorization: Basic s3cret\n\n",
    "Authorization: Basic s3cret\n\n",
    "https://example.com\n\nA: s3cret\nB: x\n\nC: s3cret\nD: x\n\n",
    "Authorization: Basic s3cret\n\nhttps://example.com\n\n",
    "https://example.com\n",
    "https://example.com\n\n",
    "https://example.com\n\nA: s3cret\nhttps://hello.com\n\nB: x\n\n",
    "https://example.com/\n Authorization: Basic s3cret\n",
    "https://example.com\n\nA: b\n A: s3cret\n",
    "https://example.com\n\nA: b\n\tA: s3cret\n\n",
    " https://example.com\n\nA: s3cret\n",
    "https://example.com\n\n\nA: s3cret\n",
    "https://example.com\n\nA: s3cret\r\nB: \u0001\n\n",
    "https://example.com\n\nA:s3cret\n\n",
    "https:///s3cret\n\nA: x\n\n",
  ])("refuses %j without repeating it", (text) => {
    const parse = (): unknown => parseCredentialSets(text);
    expect(parse).toThrow("not as go help goauth says");
    expect(parse).not.toThrow("s3cret");
  });

  it("reads what it should, whatever the names and values", () => {
    const token = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,10}$/);
    const value = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);
    fc.assert(
      fc.property(token, value, (name, text) => {
        fc.pre(!/^(host|content-length|transfer-encoding|trailer)$/i.test(name));
        expect(parsed(`https://example.com/x\n\n${name}: ${text}\n\n`)).toEqual({
          "example.com/x": { [name.toLowerCase()]: text },
        });
      }),
    );
  });

  it("reads any text or refuses it as INVALID", () => {
    const line = fc.constantFrom("\n", "https://a.test\n", "A: b\n", "x", "\r", "://");
    fc.assert(
      fc.property(fc.array(fc.oneof(line, fc.string())), (pieces) => {
        expect(outcomeOf(() => parseCredentialSets(pieces.join("")))).toMatch(/^(sets|INVALID)$/);
      }),
    );
  });
});

function outcomeOf(parse: () => unknown): string {
  try {
    return parse() instanceof Map ? "sets" : "something else";
  } catch (error) {
    return isGomodfsError(error) ? error.code : String(error);
  }
}

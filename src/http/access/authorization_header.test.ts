import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { basicAuthorization } from "../../upstream/authorization.ts";
import { parseAuthorizationHeader } from "./authorization_header.ts";

describe("an Authorization header", () => {
  it("of basic authentication is read as it was written", () => {
    const user = fc.string({ unit: "grapheme" }).filter((text) => !text.includes(":"));
    fc.assert(
      fc.property(user, fc.string({ unit: "grapheme" }), (name, password) => {
        const { authorization = "" } = basicAuthorization(name, password);
        expect(parseAuthorizationHeader(authorization)).toEqual({
          scheme: "basic",
          user: name,
          password,
        });
      }),
    );
  });

  it.each([
    ["Basic YW5uOmE6Yg==", { scheme: "basic", user: "ann", password: "a:b" }],
    ["basic  YW5uOg==", { scheme: "basic", user: "ann", password: "" }],
    // Go leaves the padding as it is; some clients leave it out.
    ["BASIC YW5uOg", { scheme: "basic", user: "ann", password: "" }],
    ["Bearer gomodfs_a-b~c", { scheme: "bearer", token: "gomodfs_a-b~c" }],
  ])("%s is understood", (header, expected) => {
    expect(parseAuthorizationHeader(header)).toEqual(expected);
  });

  it.each([
    "",
    "Basic",
    "Basic YW5u",
    "Basic YW5uOg== YW5uOg==",
    "Basic\tYW5uOg==",
    "Digest username=ann",
    "Bearer a b",
    "Bearer a,b",
    `Bearer ${"a".repeat(5_000)}`,
  ])("%s is not", (header) => {
    expect(parseAuthorizationHeader(header)).toBeUndefined();
  });

  it("of any text gives a name without a colon, or nothing", () => {
    fc.assert(
      fc.property(fc.base64String(), (text) => {
        const parsed = parseAuthorizationHeader(`Basic ${text}`);
        expect(parsed?.scheme === "basic" ? parsed.user : "").not.toContain(":");
        expect(parseAuthorizationHeader(`${text}\0`)).toBeUndefined();
      }),
    );
  });
});

import { describe, expect, it } from "vitest";
import { parsePropfind } from "./propfind_request.ts";

const parse = (children: string) =>
  parsePropfind(Buffer.from(`<propfind xmlns="DAV:" xmlns:x="u:x">${children}</propfind>`));
const dav = (name: string) => ({ namespace: "DAV:", name });

describe("parsePropfind()", () => {
  it("takes no body for all properties", () => {
    expect(parsePropfind(new Uint8Array())).toEqual({ kind: "allprop", included: [] });
  });

  it.each([
    ["<allprop/>", { kind: "allprop", included: [] }],
    [
      "<allprop/><include><supportedlock/></include>",
      { kind: "allprop", included: [dav("supportedlock")] },
    ],
    ["<propname/>", { kind: "propname" }],
    ["<prop/>", { kind: "prop", names: [] }],
    [
      "<prop><a>text<b/></a><x:a/><a/></prop>",
      { kind: "prop", names: [dav("a"), { namespace: "u:x", name: "a" }] },
    ],
    // RFC 4918 section 17: what is not known is passed over.
    ["<x:allprop/><later/><propname/>", { kind: "propname" }],
  ])("reads %s", (children, expected) => {
    expect(parse(children)).toEqual(expected);
  });

  it.each([
    ["another element", Buffer.from('<prop xmlns="DAV:"/>')],
    ["another namespace", Buffer.from('<propfind xmlns="dav:"><allprop/></propfind>')],
    ["no question", Buffer.from('<propfind xmlns="DAV:"/>')],
    ["two questions", Buffer.from('<propfind xmlns="DAV:"><allprop/><propname/></propfind>')],
    [
      "many properties",
      Buffer.from(
        `<propfind xmlns="DAV:"><prop>${Array.from({ length: 101 }, (_, index) => `<p${index}/>`).join("")}</prop></propfind>`,
      ),
    ],
    ["what is no XML", Buffer.from("allprop")],
  ])("refuses %s", (_what, body) => {
    expect(() => parsePropfind(body)).toThrow(expect.objectContaining({ code: "INVALID" }));
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escapeXml, xmlElement } from "./xml_element.ts";

describe("xmlElement", () => {
  it.each([
    ["<Error><Code>NoSuchKey</Code></Error>", "NoSuchKey"],
    ["<Code></Code>", ""],
    ["<Code>a&amp;b&#x41;&#66;&quot;</Code>", 'a&bAB"'],
    ["<Code>&nbsp;&#1114112;</Code>", "&nbsp;&#1114112;"],
    ["<Code>cut", undefined],
    ["<Code><b>x</b></Code>", undefined],
    ["<Codes>x</Codes>", undefined],
    ["", undefined],
  ])("finds in %j %j", (document, text) => {
    expect(xmlElement(document, "Code")).toBe(text);
  });

  it("gives back what was escaped", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(xmlElement(`<A><B>${escapeXml(text)}</B></A>`, "B")).toBe(text);
      }),
    );
  });

  it("never fails", () => {
    const parse = (text: string): unknown => xmlElement(`<B>${text}`, "B");
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => parse(text)).not.toThrow();
      }),
    );
  });
});

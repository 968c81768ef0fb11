import fc from "fast-check";
import { expect, it } from "vitest";
import { readXml } from "./xml_reader.ts";
import { escapeText } from "./xml_text.ts";

/** Any code point, surrogates too; fast-check's own takes seconds to get ready. */
const codePoint = fc.oneof(
  fc.integer({ min: 0, max: 0x7f }).map((code) => String.fromCodePoint(code)),
  fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code)),
);

it("escapeText() gives what is safe in XML and HTML, and read as the same text", () => {
  fc.assert(
    fc.property(fc.string({ unit: codePoint }), (text) => {
      const escaped = escapeText(text);
      expect(escaped).not.toMatch(/[<>"'\0\r\u{fffe}\u{d800}]|&(?!(amp|lt|gt|quot|#39);)/u);
      // Whitespace in attributes is normalized by who reads them.
      const readable = `u:${escaped.replace(/[\t\n]/g, " ")}.`;
      expect(readXml(Buffer.from(`<a xmlns="${readable}"/>`)).namespace).toBe(
        `u:${text.replace(/[\t\n]/g, " ").replace(NOT_XML, "\ufffd")}.`,
      );
    }),
  );
});

const NOT_XML = /[^\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

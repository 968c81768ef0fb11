import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isGomodfsError } from "../lib/gomodfs_error.ts";
import { readXml, type XmlElement } from "./xml_reader.ts";
import { escapeText } from "./xml_text.ts";

const element = (namespace: string, name: string, children: XmlElement[] = []): XmlElement => ({
  namespace,
  name,
  children,
});
const readText = (text: string): XmlElement => readXml(Buffer.from(text));

describe("readXml()", () => {
  it("knows the namespace of each element", () => {
    const text = `<?xml version="1.0"?><!-- c --><D:a xmlns:D="DAV:" xmlns="u:x" at="1">text
      <b/><D:c xmlns:D="u:other"><D:d/></D:c><b xmlns=""><e/></b><![CDATA[<f/>]]></D:a>`;
    expect(readText(text)).toEqual(
      element("DAV:", "a", [
        element("u:x", "b"),
        element("u:other", "c", [element("u:other", "d")]),
        element("", "b", [element("", "e")]),
      ]),
    );
  });

  it("reads character references and XML's own entities", () => {
    expect(readText('<a xmlns="u:&amp;&lt;&#38;&#x20AC;"/>').namespace).toBe("u:&<&€");
  });

  it("reads UTF-16, and UTF-8 with a byte order mark", () => {
    const text = '\ufeff<é xmlns="DAV:"/>';
    const expected = element("DAV:", "é");
    expect(readXml(Buffer.from(text, "utf16le"))).toEqual(expected);
    expect(readXml(Buffer.from(text, "utf16le").swap16())).toEqual(expected);
    expect(readText(text)).toEqual(expected);
  });

  it.each([
    ["nothing", ""],
    ["no element", '<?xml version="1.0"?>'],
    ["text alone", "DAV:"],
    ["what does not end", "<a><b></b>"],
    ["what ends in another order", "<a><b></a></b>"],
    ["two roots", "<a/><b/>"],
    ["text behind the root", "<a></a>text"],
    ["an attribute without quotes", "<a b=c/>"],
    ["an attribute twice", '<a b="" b=""/>'],
    ["a prefix without namespace", "<D:a/>"],
    ["a prefix for no namespace", '<a xmlns:D=""/>'],
    ["a name with two colons", '<D:a:b xmlns:D="DAV:"/>'],
    ["a name without a local part", '<D: xmlns:D="DAV:"/>'],
    ["a name that begins with a digit", "<1/>"],
    ["bytes that are not UTF-8", Buffer.from([0x3c, 0xff, 0x2f, 0x3e])],
    ["a name of Object.prototype", "<__proto__/>"],
    ["a document type", "<!DOCTYPE a><a/>"],
    ["an external entity", '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'],
    ["an external document type", '<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd"><a/>'],
    ["a parameter entity", '<!doctype a [<!ENTITY % x "y"> %x;]><a/>'],
    ["a billion laughs", billionLaughs()],
    ["depth", `${"<a>".repeat(10_000)}${"</a>".repeat(10_000)}`],
    ["a depth above the bound", `${"<a>".repeat(40)}${"</a>".repeat(40)}`],
  ])("refuses %s", (_what, text) => {
    const read = (): unknown => readXml(Buffer.from(text));
    expect(read).toThrow(expect.objectContaining({ code: "INVALID" }));
    // The parser's own words repeat what it was given.
    expect(read).toThrow(/^.{10,250}$/su);
  });

  it("reads what is written, and never fails otherwise than by refusing", () => {
    const name = fc.stringMatching(/^[A-Za-z_é][A-Za-z_é0-9.-]{0,8}$/);
    const namespace = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });
    const shortName = name.filter((text) => !(text in {}));
    const leaf = fc.record({ namespace, name: shortName, children: fc.constant([]) });
    const branch = (child: fc.Arbitrary<XmlElement>): fc.Arbitrary<XmlElement> =>
      fc.record({ namespace, name: shortName, children: fc.array(child, { maxLength: 3 }) });
    const tree = branch(branch(branch(leaf)));
    const write = ({ namespace: uri, name: tag, children }: XmlElement): string =>
      `<n:${tag} xmlns:n="${escapeText(uri)}">${children.map(write).join("")}</n:${tag}>`;
    fc.assert(
      fc.property(tree, (root) => {
        // A parser makes line ends and tabs in attributes spaces (XML 1.0 section 3.3.3), and this one may drop outer ones.
        fc.pre(!/[\s\ufffd]/u.test(JSON.stringify(root)));
        expect(readText(write(root))).toEqual(root);
      }),
    );
    const syntax = fc.constantFrom(
      "<a",
      ">",
      "/>",
      "</a>",
      "<!--",
      "-->",
      "<![CDATA[",
      "&",
      "=",
      '"',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(syntax, fc.string())), (parts) => {
        expect(["read", "refused"]).toContain(outcome(parts.join("")));
      }),
    );
  });

  it("is quick about the worst of 32 KiB", () => {
    const length = 32 * 1024;
    const worst = [
      `<a ${'b="" '.repeat(length / 5)}/>`,
      `<a ${Array.from({ length: length / 8 }, (_, index) => `b${index}=""`).join(" ")}/>`,
      `<a>${"<b/>".repeat(length / 4)}</a>`,
      `<a>${"<".repeat(length)}</a>`,
      `<a x="${"&#".repeat(length / 2)}"/>`,
      `<a>${"<!--".repeat(length / 4)}</a>`,
      `<a${" ".repeat(length)}/>`,
    ];
    const start = performance.now();
    for (const text of worst) {
      expect(["read", "refused"]).toContain(outcome(text));
    }
    // It takes some 100 ms; what is quadratic takes minutes.
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});

function outcome(text: string): unknown {
  try {
    readText(text);
    return "read";
  } catch (error) {
    return isGomodfsError(error, "INVALID") ? "refused" : error;
  }
}

function billionLaughs(): string {
  const laughs = Array.from(
    { length: 9 },
    (_, index) => `<!ENTITY l${index + 1} "${`&l${index};`.repeat(10)}">`,
  );
  return `<!DOCTYPE a [<!ENTITY l0 "ha">${laughs.join("")}]><a>&l9;</a>`;
}

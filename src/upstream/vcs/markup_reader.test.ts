import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runSuccessfully } from "../../../test/support/program.ts";
import { isGomodfsError } from "../../lib/gomodfs_error.ts";
import { MarkupReader } from "./markup_reader.ts";

interface Reading {
  readonly tags: readonly unknown[];
  /** Whether it ended with a mistake. */
  readonly broken: boolean;
}

function read(page: Uint8Array): Reading {
  const reader = new MarkupReader(page);
  const tags: unknown[] = [];
  try {
    for (let tag = reader.next(); tag !== undefined; tag = reader.next()) {
      const attributes =
        tag.kind === "start" ? tag.attributes.map(({ name, value }) => [name, value]) : [];
      tags.push({
        kind: tag.kind,
        name: tag.name,
        ...(attributes.length > 0 && { attributes }),
      });
    }
    return { tags, broken: false };
  } catch (error) {
    if (!isGomodfsError(error, "INVALID")) throw error;
    return { tags, broken: true };
  }
}

/** What Go's encoding/xml makes of the pages. */
async function readWithGo(pages: readonly Uint8Array[]): Promise<unknown[]> {
  const program = join(import.meta.dirname, "testdata/markup_oracle/main.go");
  const input = pages.map((page) => `${Buffer.from(page).toString("base64")}\n`).join("");
  const output = await runSuccessfully(["go", "run", program], {
    input,
    environment: { ...process.env, GO111MODULE: "off", GOTOOLCHAIN: "local" },
  });
  return output
    .trim()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
}

/** Readings beside the pages that they are of, for messages. */
function named(bytes: readonly Uint8Array[], readings: readonly unknown[]): unknown[] {
  return bytes.map((page, index) => [Buffer.from(page).toString("latin1"), readings[index]]);
}

const pages: readonly string[] = [
  "",
  "text only",
  '<meta name="go-import" content="a b c">',
  "<META NAME='go-import' CONTENT=abc>",
  "<meta name=go-import content>",
  "<br/><hr />",
  "<!doctype html><title>a</title>",
  '<!DOCTYPE html PUBLIC "-//W3C//DTD > HTML" [<!ENTITY x "<y>">]><p>',
  "<!DOCTYPE a <!-- > --> ><p>",
  "<!><p>",
  "<!",
  "<!--a--><p>",
  "<!-- a -- b --><p>",
  "<!--><p>-->",
  "<!- a>",
  "<![CDATA[<p>]]><q>",
  "<![CDATA[ ]",
  "<![cdata[ ]]>",
  "a ]]> b<p>",
  '<p a="]]>">',
  "<p a='<'>",
  '<p a="&lt;&amp;&quot;&apos;&gt;&#65;&#x42;&nbsp;&unknown;&#xD800;&#9999999;&#;&;&">',
  "<p a='&#0;'>",
  "a &amp b & c<p>",
  "a &amp",
  "a &",
  "&#12",
  "&#12a",
  "<a:b c:d='e'>",
  "<:a b:='c'>",
  "<a:b:c>",
  "</a:b >",
  "</a b>",
  "< p>",
  "<1p>",
  "<p 1a>",
  "<p / >",
  "<p a=b/c>",
  "<p a = b c = 'd'>",
  "<div style=position:relative>",
  "<p a='\r\nb\rc'>",
  '<?xml version="1.0" encoding="UTF-8"?><p>',
  "<?xml version='1.1'?><p>",
  "<?xml version='1.0' encoding='latin1'?><p>",
  "<?xml encoding='US-ASCII'?><p>",
  "<?xml encoding=utf-16 ?><p>",
  "<?xml?><p>",
  "<?php > ?><p>",
  "<? ?>",
  "<script>if (a<b) c();</script><p>",
  "<script>if (a<1) c();</script><p>",
  "<p",
  "<p a='b",
  "</p",
  "\u0000<p>",
  "<p a='\u0001'>",
  "<é ü='ä'>",
  "\ufeff<p>",
  "<p>\ufffe",
];

describe("MarkupReader", () => {
  it("reads pages as Go's encoding/xml does", async () => {
    const bytes = [...pages.map((page) => Buffer.from(page)), Buffer.from("<p>\xe9<q>", "latin1")];
    const expected = await readWithGo(bytes);
    expect(named(bytes, bytes.map(read))).toEqual(named(bytes, expected));
  });

  it("reads made-up pages as Go's encoding/xml does", async () => {
    const brackets = ["<", ">", "</", "/>", "<!", "<!--", "--", "-->", "<![CDATA[", "]]>"];
    const words = ["<?xml ", "?>", "p", "meta", "name", "<head>", "encoding='ascii'", "x41", "é"];
    const marks = ["=", '"', "'", " ", "\n", "\r", "&", "&lt;", "#", ";", ":", "1", "-", "]"];
    const parts = [...brackets, ...words, ...marks, 'name="go-import"', " content='a b c'"];
    const made = fc.sample(
      fc.array(fc.constantFrom(...parts), { maxLength: 12 }).map((chosen) => chosen.join("")),
      { numRuns: 4_000, seed: 5 },
    );
    const bytes = made.map((page) => Buffer.from(page));
    const expected = await readWithGo(bytes);
    expect(named(bytes, bytes.map(read))).toEqual(named(bytes, expected));
  });

  it("takes time in proportion to the page", () => {
    const hostile = ["<p a='", `<!DOCTYPE ${"<".repeat(10)}`, "&a", "<p ", "]]", "<!--", "-"];
    for (const part of hostile) {
      const page = Buffer.from(part.repeat(Math.ceil((1 << 20) / part.length)));
      const start = performance.now();
      read(page);
      expect(performance.now() - start).toBeLessThan(2_000);
    }
  });
});

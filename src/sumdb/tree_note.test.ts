import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { recordHash } from "./hash.ts";
import { isPlainText } from "./text.ts";
import { MAX_TREE_SIZE } from "./tlog.ts";
import { formatRecord, formatTree, parseRecord, parseTree, recordLines } from "./tree_note.ts";

// Texts are from golang.org/x/mod, BSD-3-Clause.
const TREE = "go.sum database tree\n123456789012\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n";
const HASH = recordHash(Buffer.from("hello world"));

describe("trees", () => {
  test("are formatted and parsed", () => {
    expect(formatTree({ size: 123456789012, hash: HASH })).toBe(TREE);
    expect(parseTree(TREE)).toEqual({ size: 123456789012, hash: HASH });
  });

  test.each([`${TREE}JOE`, `${TREE}JOE\n`, TREE + "JOE\n".repeat(1000)])(
    "may have more lines",
    (text) => {
      expect(parseTree(text).size).toBe(123456789012);
    },
  );

  test.each([
    ["another title", `not-${TREE}`],
    ["a hexadecimal size", TREE.replace("123456789012", "0xabcdef")],
    ["a size with a leading zero", TREE.replace("123456789012", "0123")],
    ["a negative size", TREE.replace("123456789012", "-1")],
    ["a size past the bound", TREE.replace("123456789012", `${MAX_TREE_SIZE + 1}`)],
    ["a long hash", TREE.replace("BTOOBIG", "").replace("wBb0=", "wBTOOBIG=")],
    ["no last newline", TREE.slice(0, -1)],
    ["too many bytes", TREE + "JOE\n".repeat(250_000)],
    ["nothing", ""],
  ])("are refused with %s", (_, text) => {
    expect(() => parseTree(text)).toThrow("malformed tree note");
  });
});

describe("records", () => {
  test("are formatted and parsed", () => {
    const message = formatRecord(123456789012, Buffer.from("hello, world\n"));
    expect(Buffer.from(message).toString()).toBe("123456789012\nhello, world\n\n");
    const record = parseRecord(
      Buffer.concat([message, Buffer.from("junk on end\x01\xff", "latin1")]),
    );
    expect(record.id).toBe(123456789012);
    expect(recordLines(record.text)).toEqual(["hello, world"]);
    expect(Buffer.from(record.rest).toString("latin1")).toBe("junk on end\x01\xff");
    expect(parseRecord(message).rest).toHaveLength(0);
  });

  test.each(["", "hello\nworld", "hello\n\nworld\n", "hello\x01world\n"])(
    "cannot have the text %j",
    (text) => {
      expect(() => formatRecord(1, Buffer.from(text))).toThrow("malformed record data");
    },
  );

  test.each([
    "not-123\nhello, world\n\n",
    "123\nhello\x01world\n\n",
    "123\nhello\xffworld\n\n",
    "123\nhello world\n",
    "0x123\nhello world\n\n",
    "99999999999999999999\nhello world\n\n",
    "123\n\n",
    "123",
    "",
  ])("are refused as %j", (message) => {
    expect(() => parseRecord(Buffer.from(message, "latin1"))).toThrow("malformed record data");
  });

  test("come back as they were", () => {
    const line = fc
      .string({ unit: "grapheme", minLength: 1 })
      .filter((text) => isPlainText(Buffer.from(text)) && !text.includes("\n"));
    fc.assert(
      fc.property(
        fc.nat(),
        fc.array(line, { minLength: 1 }),
        fc.uint8Array(),
        (id, lines, rest) => {
          const text = Buffer.from(lines.map((l) => `${l}\n`).join(""));
          const record = parseRecord(Buffer.concat([formatRecord(id, text), rest]));
          expect(record.id).toBe(id);
          expect(recordLines(record.text)).toEqual(lines);
          expect(Buffer.compare(record.rest, rest)).toBe(0);
        },
      ),
    );
  });
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isGomodfsError } from "../../lib/gomodfs_error.ts";
import type { RequestMethod } from "./body_framing.ts";
import { ResponseDecoder } from "./response_decoder.ts";
import { headerValue } from "./response_head.ts";
import { type DecodedResponse, decodeResponse } from "./testdata/decode_response.ts";

function decode(text: string, options?: { method?: RequestMethod; closed?: boolean }) {
  return decodeResponse([Buffer.from(text, "latin1")], options);
}

/** Cuts bytes at the given places, in any order and anywhere. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length];
  const sorted = ends.toSorted((a, b) => a - b);
  return sorted.map((end, index) => bytes.subarray(sorted[index - 1] ?? 0, end));
}

/** The outcome, errors included, for comparison. */
function outcome(pieces: readonly Buffer[]): DecodedResponse | string {
  try {
    return decodeResponse(pieces);
  } catch (error) {
    if (!isGomodfsError(error, "PROTOCOL")) throw error;
    return error.message;
  }
}

describe("ResponseDecoder", () => {
  it("reads a body of announced length", () => {
    const decoded = decode(
      "HTTP/1.1 200 OK\r\nContent-Type:  text/plain \r\ncontent-LENGTH: 5\r\nX:\r\n\r\nhello",
    );
    expect(decoded).toEqual({
      head: {
        httpVersion: "1.1",
        status: 200,
        statusText: "OK",
        rawHeaders: ["Content-Type", "text/plain", "content-LENGTH", "5", "X", ""],
      },
      body: "hello",
      bodyLength: 5,
      complete: true,
      reusable: true,
    });
  });

  it.each(["HTTP/1.1 404", "HTTP/1.1 404 "])("takes %j without a reason", (line) => {
    const { head } = decode(`${line}\r\nContent-Length: 0\r\n\r\n`);
    expect(head).toMatchObject({ status: 404, statusText: "" });
  });

  it("reads chunks, and drops extensions and trailers", () => {
    const decoded = decode(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n" +
        '5;name="v"\r\nhello\r\n0a ; x\r\n, world!!!\r\n000;last\r\nTrailer: 1\r\nOther: 2\r\n\r\n',
    );
    expect(decoded).toMatchObject({ body: "hello, world!!!", complete: true, reusable: true });
    expect(decoded.bodyLength).toBeUndefined();
  });

  it("reads until the connection ends where nothing says how long the body is", () => {
    const text = "HTTP/1.1 200 OK\r\n\r\nhello";
    expect(decode(text)).toMatchObject({ body: "hello", complete: false });
    expect(decode(text, { closed: true })).toMatchObject({ complete: true, reusable: false });
  });

  it.each([
    ["in the head", "HTTP/1.1 200 OK\r\nContent-Le"],
    ["before the body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"],
    ["in the body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell"],
    ["in a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhell"],
    ["before the last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n"],
    ["in the trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n"],
  ])("knows that the answer is cut short %s", (_where, text) => {
    expect(decode(text, { closed: true })).toMatchObject({ complete: false, reusable: false });
  });

  it("knows which answers have no body", () => {
    const framed = (status: number): string => `HTTP/1.1 ${status} X\r\nContent-Length: 5\r\n\r\n`;
    for (const status of [204, 304]) {
      expect(decode(framed(status))).toMatchObject({ complete: true, reusable: true });
    }
    expect(decode(framed(200), { method: "HEAD" })).toMatchObject({ complete: true });
    expect(decode(framed(200), { method: "CONNECT" })).toMatchObject({ complete: true });
    expect(decode(framed(407), { method: "CONNECT" })).toMatchObject({ complete: false });
  });

  it("passes over interim answers, but not over any number", () => {
    const interim = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
    const final = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx";
    expect(decode(interim.repeat(5) + final)).toMatchObject({ head: { status: 200 }, body: "x" });
    expect(() => decode(interim.repeat(6) + final)).toThrow("more than 5 interim answers");
    expect(() => decode("HTTP/1.1 101 Switching Protocols\r\n\r\n")).toThrow("another protocol");
  });

  it("gives a connection up that cannot be used again", () => {
    const body = "Content-Length: 1\r\n\r\nx";
    expect(decode(`HTTP/1.1 200 OK\r\n${body}`).reusable).toBe(true);
    expect(decode(`HTTP/1.1 200 OK\r\nConnection: foo, Close\r\n${body}`).reusable).toBe(false);
    expect(decode(`HTTP/1.0 200 OK\r\n${body}`).reusable).toBe(false);
    expect(decode(`HTTP/1.1 200 OK\r\n${body}HTTP/1.1 200 OK\r\n`).reusable).toBe(false);
  });

  it.each([
    ["HTTP/0.9", "hello\r\n"],
    ["no status", "HTTP/1.1 OK\r\n\r\n"],
    ["HTTP/2", "HTTP/2 200\r\n\r\n"],
    ["a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"],
    ["an empty line first", "\r\nHTTP/1.1 200 OK\r\n\r\n"],
    ["a control character in the reason", "HTTP/1.1 200 \x1b[31m\r\n\r\n"],
    ["a folded line", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n"],
    ["a line feed alone", "HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n"],
    ["a carriage return alone", "HTTP/1.1 200 OK\r\nA: b\rC: d\r\n\r\n"],
    ["a NUL", "HTTP/1.1 200 OK\r\nA: b\0\r\n\r\n"],
    ["a field without a name", "HTTP/1.1 200 OK\r\n: b\r\n\r\n"],
    ["a field without a colon", "HTTP/1.1 200 OK\r\nab\r\n\r\n"],
    ["a space before the colon", "HTTP/1.1 200 OK\r\nA : b\r\n\r\n"],
    ["two framings", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"],
    ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"],
    ["a negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"],
    ["an empty length", "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n"],
    ["a length beyond numbers", `HTTP/1.1 200 OK\r\nContent-Length: 9${"0".repeat(20)}\r\n\r\n`],
    ["a coding besides chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"],
    ["chunked twice", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n"],
    ["a coding in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"],
  ])("refuses %s", (_what, text) => {
    expect(() => decode(text)).toThrow(expect.objectContaining({ code: "PROTOCOL" }));
  });

  it.each([
    ["no size", "\r\n"],
    ["an extension without a size", ";a\r\n"],
    ["a size that is no number", "xyz\r\n"],
    ["a negative size", "-1\r\n"],
    ["a prefix", "0x5\r\n"],
    ["a size beyond numbers", `${"f".repeat(14)}\r\n`],
    ["a line feed alone", "5\nhello\r\n0\r\n\r\n"],
    ["a carriage return alone", "5\rhello"],
    ["data longer than its size", "4\r\nhello\r\n0\r\n\r\n"],
    ["a control character in an extension", "5;\0\r\n"],
    ["a control character in a trailer", "0\r\nA: \x07\r\n\r\n"],
    ["a trailer that ends with a line feed alone", "0\r\nA: b\nC: d\r\n\r\n"],
  ])("refuses chunks with %s", (_what, chunks) => {
    const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    expect(() => decode(head + chunks)).toThrow(expect.objectContaining({ code: "PROTOCOL" }));
  });

  it("takes the same length twice", () => {
    const fields = "Content-Length: 1\r\nContent-Length: 1\r\n";
    expect(decode(`HTTP/1.1 200 OK\r\n${fields}\r\nx`)).toMatchObject({ bodyLength: 1 });
  });

  it("bounds the head, its fields, extensions and trailers, whole or in pieces", () => {
    const large = `HTTP/1.1 200 OK\r\nA: ${"a".repeat(64 << 10)}\r\n\r\n`;
    const many = `HTTP/1.1 200 OK\r\n${"A: b\r\n".repeat(201)}\r\n`;
    const chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    const bounds: [text: string, message: string][] = [
      [large, "a head of more than 65536 bytes"],
      [many, "more than 200 header fields"],
      [`${chunks}5;${"x".repeat(4096)}\r\nhello`, "a chunk extension of more than 4096 bytes"],
      [`${chunks}${"0".repeat(4097)}`, "a chunk extension of more than 4096 bytes"],
      [`${chunks}0\r\n${"A: b\r\n".repeat(11_000)}`, "trailers of more than 65536 bytes"],
    ];
    for (const [text, message] of bounds) {
      const bytes = Buffer.from(text);
      expect(() => decodeResponse([bytes])).toThrow(message);
      expect(() => decodeResponse(cut(bytes, [1, 20, 900, 50_000, 65_535]))).toThrow(message);
      expect(() => decodeResponse([...bytes].map((byte) => Buffer.of(byte)))).toThrow(message);
    }
    const allowed = `HTTP/1.1 200 OK\r\n${"A: b\r\n".repeat(199)}Content-Length: 0\r\n\r\n`;
    expect(decode(allowed)).toMatchObject({ complete: true });
  });

  it("says at once that something else than HTTP is spoken", () => {
    expect(() => decode("SSH-2.0-x\r\n")).toThrow(rejectionText);
    expect(() => decodeResponse([Buffer.from("H"), Buffer.from("ELLO")])).toThrow(rejectionText);
  });
});

const rejectionText = "the answer is not valid HTTP: no status line of HTTP/1.1";

const fieldName = fc.stringMatching(/^x-[a-z0-9!#$%&'*+.^_`|~-]{1,20}$/);
const fieldValue = fc.stringMatching(
  /^(?:[!-~\x80-\xff](?:[\t !-~\x80-\xff]{0,30}[!-~\x80-\xff])?)?$/,
);
const fields = fc.array(fc.tuple(fieldName, fieldValue), { maxLength: 8 });
const bodyPieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 8 });
const places = fc.array(fc.nat({ max: 4000 }), { maxLength: 12 });

/** A valid answer with what it holds. */
const answer = fc
  .record({
    fields,
    bodyPieces,
    status: fc.constantFrom(200, 301, 404, 599),
    statusText: fieldValue,
    interim: fc.boolean(),
    framing: fc.constantFrom("chunked" as const, "length" as const),
  })
  .map(({ fields: list, bodyPieces: pieces, status, statusText, interim, framing }) => {
    const body = Buffer.concat(pieces).toString("latin1");
    const isChunked = framing === "chunked";
    const chunks = pieces.map((piece) => {
      const data = Buffer.from(piece).toString("latin1");
      return `${piece.length.toString(16)};a=b\r\n${data}\r\n`;
    });
    const extra = isChunked ? "Transfer-Encoding: chunked" : `Content-Length: ${body.length}`;
    const lines = [...list.map(([name, value]) => `${name}: ${value}`), extra];
    const head = `HTTP/1.1 ${status} ${statusText}\r\n${lines.join("\r\n")}\r\n\r\n`;
    const coded = isChunked ? `${chunks.join("")}0\r\nTrailer: x\r\n\r\n` : body;
    const first = interim ? "HTTP/1.1 100 Continue\r\n\r\n" : "";
    const bytes = Buffer.from(first + head + coded, "latin1");
    return { bytes, body, status, statusText, fields: list };
  });

describe("ResponseDecoder properties", () => {
  it("gives back what was encoded, however the bytes are split", () => {
    fc.assert(
      fc.property(answer, places, (sent, cuts) => {
        const decoded = decodeResponse(cut(sent.bytes, cuts));
        expect(decoded).toMatchObject({ body: sent.body, complete: true, reusable: true });
        expect(decoded.head).toMatchObject({ status: sent.status, statusText: sent.statusText });
        expect(decoded.head?.rawHeaders.slice(0, -2)).toEqual(sent.fields.flat());
      }),
    );
  });

  it("comes to the same result with damaged bytes however they are split", () => {
    const damage = fc.array(
      fc.tuple(
        fc.nat({ max: 4000 }),
        fc.constantFrom("\r", "\n", "\0", ":", ";", " ", "0", "f", "\xff"),
      ),
      {
        minLength: 1,
        maxLength: 3,
      },
    );
    fc.assert(
      fc.property(answer, damage, places, ({ bytes }, changes, cuts) => {
        for (const [place, character] of changes) {
          bytes.write(character, place % bytes.length, "latin1");
        }
        expect(outcome(cut(bytes, cuts))).toEqual(outcome([bytes]));
      }),
      { numRuns: 500 },
    );
  });

  it("never fails otherwise than with PROTOCOL, and always uses up its bytes", () => {
    const junk = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.string({
        unit: fc.constantFrom("HTTP/1.", "0", "1", " 2", "\r", "\n", "\r\n", ":", ";", "a", "x"),
        maxLength: 400,
      }),
    );
    const beginning = fc.constantFrom(
      "",
      "HTTP/1.1 200 OK\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
    );
    fc.assert(
      fc.property(beginning, junk, places, (start, rest, cuts) => {
        const bytes = Buffer.concat([Buffer.from(start), Buffer.from(rest)]);
        expect(typeof outcome(cut(bytes, cuts))).toMatch(/object|string/);
      }),
      { numRuns: 500 },
    );
  });

  it("keeps nothing of an endless body", () => {
    const decoder = new ResponseDecoder("GET");
    decoder.feed(Buffer.from("HTTP/1.1 200 OK\r\n\r\n"));
    expect(decoder.next()).toBe("head");
    expect(decoder.next()).toBe("more");
    const piece = Buffer.alloc(64 << 10);
    for (let count = 0; count < 100; count += 1) {
      decoder.feed(piece);
      expect(decoder.next()).toBe("body");
      // A view, not a copy.
      expect(decoder.body.buffer).toBe(piece.buffer);
      expect(decoder.next()).toBe("more");
    }
  });
});

describe("headerValue()", () => {
  it("joins several fields of any spelling", () => {
    const { head } = decode("HTTP/1.1 200 OK\r\nVia: a\r\nVIA: b\r\nVix: c\r\n\r\n");
    expect(head && headerValue(head, "via")).toBe("a, b");
    expect(head && headerValue(head, "age")).toBeUndefined();
  });
});

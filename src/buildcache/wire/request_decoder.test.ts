import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Request } from "./message.ts";
import { RequestDecoder } from "./request_decoder.ts";

const ACTION = createHash("sha256").update("action").digest();
const OUTPUT = createHash("sha256").update("output").digest();

/** What a listener is told, bodies joined. */
interface Told {
  readonly request: Request;
  body: Buffer | undefined;
}

function decode(pieces: Iterable<Buffer>): Told[] {
  const told: Told[] = [];
  let chunks: Buffer[] = [];
  const decoder = new RequestDecoder({
    onRequest: (request) => {
      told.push({ request, body: undefined });
      chunks = [];
    },
    onBody: (bytes) => void chunks.push(Buffer.from(bytes)),
    onBodyEnd: () => {
      const last = told.at(-1);
      if (last !== undefined) last.body = Buffer.concat(chunks);
    },
  });
  for (const piece of pieces) decoder.push(piece);
  expect(decoder.isBetweenRequests).toBe(true);
  return told;
}

/** As cmd/go/internal/cache, prog.go `writeToChild` writes it. */
function encodePut(id: number, body: Buffer): string {
  const message = {
    ID: id,
    Command: "put",
    ActionID: ACTION.toString("base64"),
    OutputID: OUTPUT.toString("base64"),
    ...(body.length > 0 ? { BodySize: body.length } : {}),
  };
  const line = body.length > 0 ? `"${body.toString("base64")}"\n` : "";
  return `${JSON.stringify(message)}\n\n${line}`;
}

function encodeGet(id: number): string {
  return `${JSON.stringify({ ID: id, Command: "get", ActionID: ACTION.toString("base64") })}\n\n`;
}

describe("RequestDecoder", () => {
  test("push() takes requests apart however the input is cut", () => {
    const requests = fc.array(
      fc.oneof(
        fc.constant("get" as const),
        fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      ),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(requests, fc.array(fc.nat(50), { minLength: 1, maxLength: 20 }), (all, cuts) => {
        const text = all
          .map((what, id) => (what === "get" ? encodeGet(id) : encodePut(id, what)))
          .join("");
        const told = decode(cut(Buffer.from(text), cuts));
        expect(told.map(({ request }) => request.id)).toEqual([...all.keys()]);
        expect(told.map(({ body }) => body)).toEqual(
          all.map((what) => (what === "get" ? undefined : what)),
        );
      }),
    );
  });

  test("push() gives the fields of each request", () => {
    const actionId = ACTION.toString("hex");
    const outputId = OUTPUT.toString("hex");
    const close = '{"ID":9,"Command":"close"}\n';
    const told = decode([Buffer.from(encodeGet(7) + encodePut(8, Buffer.from("body")) + close)]);
    expect(told.map(({ request }) => request)).toEqual([
      { command: "get", id: 7, actionId },
      { command: "put", id: 8, actionId, outputId, bodySize: 4 },
      { command: "close", id: 9 },
    ]);
  });

  test("push() takes ObjectID for OutputID, as Go 1.23 wrote it", () => {
    const line = encodePut(1, Buffer.alloc(0)).replace("OutputID", "ObjectID");
    expect(decode([Buffer.from(line)])).toHaveLength(1);
  });

  test("push() leaves commands that it does not know, and impossible keys, to be answered", () => {
    const lines = '{"ID":1,"Command":"get2"}\n{"ID":2,"Command":"get","ActionID":"AAA="}\n';
    expect(decode([Buffer.from(lines)]).map(({ request }) => request)).toEqual([
      { command: "invalid", id: 1, reason: 'unknown command "get2"' },
      { command: "invalid", id: 2, reason: "ActionID is not the base64 of 32 bytes" },
    ]);
  });

  test.each([
    ["a request that is not JSON", "nonsense\n", "a request is not JSON"],
    ["a request that is no object", "[1]\n", "a request is not a JSON object"],
    ["a request without an ID", '{"Command":"get"}\n', "a request lacks its ID or Command"],
    ["an endless request", "x".repeat(70_000), "a request is longer than 65536 bytes"],
    [
      "a put whose key is impossible",
      '{"ID":1,"Command":"put","ActionID":"","OutputID":""}\n',
      "ActionID is not the base64 of 32 bytes",
    ],
    [
      "a negative BodySize",
      encodePut(1, Buffer.from("x")).replace('"BodySize":1', '"BodySize":-1'),
      "BodySize is no number of bytes",
    ],
    [
      "a body without quotes",
      encodePut(1, Buffer.from("x")).replaceAll('"eA=="', "eA=="),
      "the body of a put does not begin with a double quote",
    ],
    [
      "a body that goes on",
      encodePut(1, Buffer.from("x")).replace('"eA=="\n', '"eA==""\n'),
      "the body of a put goes on behind its closing quote",
    ],
    [
      "a body that is shorter than it said",
      encodePut(1, Buffer.from("xyz123")).replace('"BodySize":6', '"BodySize":9'),
      "the body of a put is shorter than its BodySize",
    ],
    [
      "a body that is longer than it said",
      encodePut(1, Buffer.from("xyz123")).replace('"BodySize":6', '"BodySize":3'),
      "the body of a put is not the base64 of its BodySize",
    ],
    [
      "a body with other characters",
      encodePut(1, Buffer.from("xyz123")).replace('"eHl6', '"eH*6'),
      "the body of a put is not the base64 of its BodySize",
    ],
  ])("push() refuses %s", (_, text, message) => {
    expect(() => decode([Buffer.from(text)])).toThrow(message);
  });

  test("isBetweenRequests is false within a request and within a body", () => {
    const put = encodePut(1, Buffer.from("body"));
    for (let length = 1; length < put.length; length++) {
      const decoder = new RequestDecoder({
        onRequest: () => {},
        onBody: () => {},
        onBodyEnd: () => {},
      });
      decoder.push(Buffer.from(put.slice(0, length)));
      expect(decoder.isBetweenRequests, `after ${length} bytes`).toBe(false);
    }
  });
});

function* cut(input: Buffer, lengths: readonly number[]): Generator<Buffer> {
  for (let start = 0, index = 0; start < input.length; index++) {
    const length = (lengths[index % lengths.length] ?? 0) + 1;
    yield input.subarray(start, start + length);
    start += length;
  }
}

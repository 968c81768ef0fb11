import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GomodfsError, isGomodfsError } from "../lib/gomodfs_error.ts";
import {
  type ControlRequest,
  type ControlResults,
  decodeRequest,
  decodeResult,
  encodeFailure,
  encodeRequest,
  encodeResult,
} from "./control_protocol.ts";

const count = fc.maxSafeNat();
const greeting = { pid: count, version: fc.string() };
const requests: fc.Arbitrary<ControlRequest> = fc.oneof(
  fc.record({ command: fc.constantFrom("ping", "status", "stop") }),
  fc.record({
    command: fc.constant("prefetch"),
    sums: fc.array(fc.record({ path: fc.string(), text: fc.string({ unit: "grapheme" }) })),
    required: fc.array(fc.record({ path: fc.string(), version: fc.string() })),
  }),
);
const results: { [Command in keyof ControlResults]: fc.Arbitrary<ControlResults[Command]> } = {
  ping: fc.record(greeting),
  stop: fc.record(greeting),
  prefetch: fc.record({ parts: count, failed: count }),
  status: fc.record(
    {
      ...greeting,
      startedAt: fc.string(),
      store: fc.string(),
      mountPoint: fc.string(),
      counts: fc.record({
        hits: count,
        misses: count,
        reads: count,
        readBytes: count,
        fetched: count,
        failed: count,
      }),
      flights: fc.array(fc.string()),
      usage: fc.record({ modules: count, zips: count, storedBytes: count, servedBytes: count }),
      failures: fc.array(
        fc.record({ what: fc.string(), time: fc.string(), code: fc.string(), reason: fc.string() }),
      ),
      urls: fc.array(fc.string()),
      circuits: fc.array(
        fc.record({ origin: fc.string(), state: fc.string(), since: fc.string() }),
      ),
      securityEvents: fc.array(
        fc.record(
          { database: fc.string(), time: fc.string(), kind: fc.string(), file: fc.string() },
          { requiredKeys: ["database", "time", "kind"], noNullPrototype: true },
        ),
      ),
    },
    {
      requiredKeys: [
        "pid",
        "version",
        "startedAt",
        "store",
        "counts",
        "flights",
        "usage",
        "failures",
        "urls",
        "circuits",
        "securityEvents",
      ],
      noNullPrototype: true,
    },
  ),
};

function isOneLine(text: string): boolean {
  return text.indexOf("\n") === text.length - 1;
}

describe("a request", () => {
  test("is the same after its way, and is one line", () => {
    fc.assert(
      fc.property(requests, (request) => {
        const line = encodeRequest(request);
        expect(isOneLine(line)).toBe(true);
        expect(decodeRequest(line)).toEqual({ ...request });
      }),
    );
  });

  test.each([
    ["", "PROTOCOL", "a control request is not JSON"],
    ["[]", "PROTOCOL", "a control request is not a JSON object"],
    ["{}", "PROTOCOL", "no field protocol"],
    ['{"protocol":"1"}', "PROTOCOL", "no field protocol"],
    ['{"protocol":1}', "PROTOCOL", "no field command"],
    ['{"protocol":1,"command":"prefetch"}', "PROTOCOL", "no field sums"],
    ['{"protocol":1,"command":"prefetch","sums":[1]}', "PROTOCOL", "not a JSON object"],
    ['{"protocol":1,"command":"prefetch","sums":[{"path":""}]}', "PROTOCOL", "no field text"],
    ['{"protocol":1,"command":"prefetch","sums":[]}', "PROTOCOL", "no field required"],
    ['{"protocol":1,"command":"melt"}', "UNSUPPORTED", "does not know the command melt"],
    ['{"protocol":2,"command":"ping"}', "UNSUPPORTED", "speaks version 2 of the control protocol"],
  ])("%s is refused", (line, code, message) => {
    const failure = thrownBy(() => decodeRequest(line));
    expect(failure.code).toBe(code);
    expect(failure.message).toContain(message);
  });

  test("any text is decoded or refused", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
        expect(isGomodfsError(thrownBy(() => decodeRequest(line)))).toBe(true);
      }),
    );
  });
});

describe("an answer", () => {
  test.each(["ping", "stop", "prefetch", "status"] as const)("to %s is the same", (command) => {
    fc.assert(
      fc.property(results[command], (result) => {
        const line = encodeResult(result);
        expect(isOneLine(line)).toBe(true);
        expect(decodeResult(command, line)).toEqual(result);
      }),
    );
  });

  test("that is a failure is thrown as it was", () => {
    for (const error of [
      new GomodfsError("STORE", "the store is full"),
      new GomodfsError("UPSTREAM", "no\nproxy", {
        hint: "set GOPROXY",
        cause: new Error("secret"),
      }),
    ]) {
      const line = encodeFailure(error);
      expect(line).not.toContain("secret");
      const { code, message, hint } = thrownBy(() => decodeResult("ping", line));
      expect({ code, message, hint }).toEqual({
        code: error.code,
        message: error.message,
        hint: error.hint,
      });
    }
  });

  test("with a code of a newer version is still an error of ours", () => {
    const line = '{"protocol":1,"ok":false,"error":{"code":"toString","message":"m"}}';
    expect(thrownBy(() => decodeResult("ping", line)).code).toBe("UNSUPPORTED");
  });

  test("of another protocol says what to do", () => {
    const failure = thrownBy(() => decodeResult("ping", '{"protocol":7,"ok":true}'));
    expect(failure.message).toBe(
      "the daemon speaks version 7 of the control protocol, this one version 1",
    );
    expect(failure.hint).toContain("stop the daemon");
  });
});

function thrownBy(act: () => unknown): GomodfsError {
  try {
    act();
  } catch (error) {
    if (isGomodfsError(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

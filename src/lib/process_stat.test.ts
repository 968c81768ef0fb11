import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseProcessStat, readProcessStat } from "./process_stat.ts";

const TAIL =
  "S 1 7 7 34816 9 4194304 1 2 3 4 5 6 7 8 20 0 1 0 123456789 1000000 200 18446744073709551615";

test("parseProcessStat() bears any name of the command", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 16 }), (name) => {
      expect(parseProcessStat(`7 (${name}) ${TAIL}\n`)).toEqual({
        state: "S",
        processGroup: 7,
        foregroundProcessGroup: 9,
        startTime: "123456789",
      });
    }),
  );
});

test("parseProcessStat() refuses what is no such line", () => {
  for (const text of ["", "7", "7 (sh) S 1", "7 (sh) S a b c d e f 0 0 0 0 0 0 0 0 0 0 0 0 x"]) {
    expect(parseProcessStat(text)).toBeUndefined();
  }
  fc.assert(fc.property(fc.string(), (text) => void parseProcessStat(text)));
});

test("readProcessStat() reads living processes only", () => {
  expect(readProcessStat(process.pid)).toEqual(readProcessStat("self"));
  // Beyond the kernel's PID_MAX_LIMIT (2^22) there is no process.
  expect(readProcessStat(2 ** 22 + 1)).toBeUndefined();
});

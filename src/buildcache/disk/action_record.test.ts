import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { formatActionRecord, parseActionRecord } from "./action_record.ts";

const OUTPUT = createHash("sha256").update("output").digest("hex");
const MODIFIED = new Date("2026-01-02T03:04:05Z");

test("parseActionRecord() reads what formatActionRecord() wrote", () => {
  const record = parseActionRecord(`${OUTPUT} 12 1700000000123000000\n`, () => MODIFIED);
  expect(record).toEqual({ outputId: OUTPUT, size: 12, time: new Date(1_700_000_000_123) });
  expect(record && formatActionRecord(record)).toBe(`${OUTPUT} 12 1700000000123000000\n`);
});

test("parseActionRecord() takes the file's time where a record has none", () => {
  expect(parseActionRecord(`${OUTPUT} 12`, () => MODIFIED)).toEqual({
    outputId: OUTPUT,
    size: 12,
    time: MODIFIED,
  });
});

test.each([
  "",
  "\0".repeat(90),
  OUTPUT,
  `${OUTPUT} -1`,
  `${OUTPUT} 12 x`,
  `${OUTPUT} 12 1 2`,
  `${OUTPUT.slice(1)} 12`,
  `../${OUTPUT.slice(3)} 12`,
  `${OUTPUT.toUpperCase()} 12`,
])("parseActionRecord() passes over %j", (text) => {
  expect(parseActionRecord(text, () => MODIFIED)).toBeUndefined();
});

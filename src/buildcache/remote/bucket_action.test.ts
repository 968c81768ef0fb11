import { describe, expect, test } from "vitest";
import { formatBucketAction, parseBucketAction } from "./bucket_action.ts";
import { outputId } from "./testdata/ids.ts";

const OUTPUT = outputId("o");
const TIME = new Date("2026-11-21T12:00:00.123Z");

describe("action records of a bucket", () => {
  test("formatBucketAction() writes what go-cache-plugin writes", () => {
    const record = formatBucketAction({ outputId: OUTPUT, time: TIME }).toString();
    expect(record).toBe(`${OUTPUT} 1795262400123000000`);
  });

  test.each([
    `${OUTPUT} 1795262400123000000`,
    `${OUTPUT} 1795262400123456789`,
    // strings.Fields of Go passes over any white space.
    ` ${OUTPUT}\t1795262400123000000\n`,
  ])("parseBucketAction() reads %j", (text) => {
    expect(parseBucketAction(Buffer.from(text))).toEqual({ outputId: OUTPUT, time: TIME });
  });

  test.each([
    "",
    OUTPUT,
    `${OUTPUT} `,
    `${OUTPUT} 1 2`,
    `${OUTPUT} -1`,
    `${OUTPUT} 1x`,
    `${OUTPUT} ${"9".repeat(40)}`,
    `${OUTPUT.toUpperCase()} 1`,
    `../${OUTPUT} 1`,
    "\0".repeat(200),
  ])("parseBucketAction() takes %j for no record", (text) => {
    expect(parseBucketAction(Buffer.from(text))).toBeUndefined();
  });
});

import { describe, expect, it } from "vitest";
import { formatBytes, formatCount, formatDuration } from "./quantity.ts";

describe("formatBytes()", () => {
  it.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1.0 KiB"],
    [1.5 * 1024 * 1024, "1.5 MiB"],
    [3 * 2 ** 50, "3072.0 TiB"],
    [12.6, "13 B"],
  ])("of %d is %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe("formatDuration()", () => {
  it.each([
    [0.4, "0 ms"],
    [999.4, "999 ms"],
    [999.6, "1.0 s"],
    [2149, "2.1 s"],
    [59_949, "59.9 s"],
    [59_951, "1 min 0 s"],
    [119_700, "2 min 0 s"],
    [200_000, "3 min 20 s"],
  ])("of %d is %s", (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });
});

describe("formatCount()", () => {
  it("has the noun in singular for one only", () => {
    expect([0, 1, 2].map((count) => formatCount(count, "zip"))).toEqual([
      "0 zips",
      "1 zip",
      "2 zips",
    ]);
  });
});

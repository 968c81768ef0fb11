import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatByteSize, parseByteSize } from "./byte_size.ts";
import { closestName } from "./closest_name.ts";
import { formatDuration, parseDuration } from "./duration.ts";

describe("a duration", () => {
  it.each([
    ["500ms", 500],
    ["10s", 10_000],
    ["1m30s", 90_000],
    ["2h", 7_200_000],
    ["1h1m1s1ms", 3_661_001],
    ["24h", 86_400_000],
  ])("%s is %d ms, and written the same", (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
    expect(formatDuration(milliseconds)).toBe(text);
  });

  it.each(["", "10", "s", "0s", "-1s", "1.5s", "10 s", "30s1m", "1d", "25h", "999999999999h"])(
    "is not %j",
    (text) => {
      expect(() => parseDuration(text)).toThrow(/is (no duration|more than 24h)/);
    },
  );

  it("is read as it was written", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 86_400_000 }), (milliseconds) => {
        expect(parseDuration(formatDuration(milliseconds))).toBe(milliseconds);
      }),
    );
  });
});

describe("a size", () => {
  it.each([
    ["1B", 1],
    ["1000B", 1_000],
    ["32MiB", 33_554_432],
    ["3KiB", 3_072],
    ["2TiB", 2 ** 41],
  ])("%s is %d bytes, and written the same", (text, bytes) => {
    expect(parseByteSize(text)).toBe(bytes);
    expect(formatByteSize(bytes)).toBe(text);
  });

  it.each([
    "",
    "32",
    "32MB",
    "32M",
    "0B",
    "-1B",
    "1.5GiB",
    "1  KiB",
    "9007199254740992B",
    "99999TiB",
  ])("is not %j", (text) => {
    expect(() => parseByteSize(text)).toThrow("is no size");
  });

  it("is read as it was written", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (bytes) => {
        expect(parseByteSize(formatByteSize(bytes))).toBe(bytes);
      }),
    );
  });
});

describe("the name that was meant", () => {
  it.each([
    ["lisen", "listen"],
    ["litsen", "listen"],
    ["Listen", "listen"],
    ["rate-limit", "rate_limit"],
    ["hosts", "hosts"],
    ["proxi", "proxy"],
  ])("for %s is %s", (text, expected) => {
    expect(closestName(text, ["listen", "rate_limit", "hosts", "proxy"])).toBe(expected);
  });

  it.each(["", "colour", "x", "l".repeat(100_000)])("for %.20s is unknown", (text) => {
    expect(closestName(text, ["listen", "rate_limit", "hosts", "proxy"])).toBeUndefined();
  });
});

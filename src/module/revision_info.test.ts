import { describe, expect, it } from "vitest";
import { canonicalRevisionInfo, formatRevisionInfo, parseRevisionInfo } from "./revision_info.ts";

const canonical = (text: string) =>
  Buffer.from(canonicalRevisionInfo(Buffer.from(text))).toString();

describe("canonicalRevisionInfo", () => {
  it.each([
    ["null", '{"Version":"","Time":"0001-01-01T00:00:00Z"}'],
    [
      ' {"time":"2024-01-02T03:04:05.1200+00:00",\n"VERSION":"v1.0.0","Name":"x"}\n',
      '{"Version":"v1.0.0","Time":"2024-01-02T03:04:05.12Z"}',
    ],
    [
      '{"Origin":{"Ref":"r","URL":"u<&>","VCS":"git","Extra":1}}',
      '{"Version":"","Time":"0001-01-01T00:00:00Z","Origin":{"VCS":"git","URL":"u\\u003c\\u0026\\u003e","Ref":"r"}}',
    ],
    ['{"Origin":{}}', '{"Version":"","Time":"0001-01-01T00:00:00Z","Origin":{}}'],
    ['{"Version":"\u2028\\ud800"}', '{"Version":"\\u2028\ufffd","Time":"0001-01-01T00:00:00Z"}'],
  ])("writes %j as cmd/go does", (text, expected) => {
    expect(canonical(text)).toBe(expected);
    expect(canonical(expected)).toBe(expected);
  });

  it.each([
    ["", "revision info is not JSON"],
    ["\ufeff{}", "revision info is not JSON"],
    ["[]", "revision info is not a JSON object"],
    ['{"Version":1}', "Version of revision info is not a string"],
    ['{"Origin":"x"}', "Origin of revision info is not a JSON object"],
    ['{"Origin":{"URL":[]}}', "URL of Origin of revision info is not a string"],
    ['{"Time":"2023-02-29T00:00:00Z"}', '"2023-02-29T00:00:00Z" is not an RFC 3339 time'],
    ['{"Time":"2024-01-02T03:04:60Z"}', "is not an RFC 3339 time"],
    ['{"Time":"2024-01-02 03:04:05Z"}', "is not an RFC 3339 time"],
  ])("refuses %j", (text, message) => {
    expect(() => canonical(text)).toThrow(message);
  });
});

it("formatRevisionInfo() undoes parseRevisionInfo()", () => {
  const text =
    '{"Version":"v1.0.0","Time":"2024-01-02T03:04:05+02:00","Origin":{"VCS":"git","Hash":"ab"}}';
  const info = parseRevisionInfo(Buffer.from(text));
  expect(info.origin).toStrictEqual({ VCS: "git", Hash: "ab" });
  expect(formatRevisionInfo(info)).toBe(text);
});

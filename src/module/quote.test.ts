import { expect, it } from "vitest";
import { quote } from "./quote.ts";

it("quote() escapes control characters and unpaired surrogates", () => {
  expect(quote('a"\n\u0001\ud800')).toBe('"a\\"\\n\\u0001\\ud800"');
});

it("quote() cuts what is very long", () => {
  expect(quote("x".repeat(301))).toBe(`"${"x".repeat(300)}"...`);
});

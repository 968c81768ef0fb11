import { expect, it } from "vitest";
import { fields, trimSpace } from "./space.ts";

it("fields() splits at what Go takes for white space", () => {
  expect(fields(" a\tb\u0085\u00a0c\u3000\r\n")).toStrictEqual(["a", "b", "c"]);
  expect(fields("a\ufeffb")).toStrictEqual(["a\ufeffb"]);
  expect(fields(" \t")).toStrictEqual([]);
});

it("trimSpace() removes white space at both ends only", () => {
  expect(trimSpace("\u0085 a b\r\n")).toBe("a b");
  expect(trimSpace(" \n")).toBe("");
  expect(trimSpace("\ufeffa")).toBe("\ufeffa");
});

import fc from "fast-check";
import { expect, it } from "vitest";
import { compareDecimals, decrementDecimal, incrementDecimal } from "./decimal.ts";

const natural = fc.bigInt({ min: 0n, max: 10n ** 30n });

it("compareDecimals() compares numbers of any length", () => {
  const property = fc.property(natural, natural, (a, b) => {
    expect(Math.sign(compareDecimals(`${a}`, `${b}`))).toBe(Number(a > b) - Number(a < b));
  });
  fc.assert(property);
  expect(compareDecimals("", "0")).toBeLessThan(0);
});

it("incrementDecimal() and decrementDecimal() count", () => {
  const property = fc.property(natural, (n) => {
    expect(incrementDecimal(`${n}`)).toBe(`${n + 1n}`);
    expect(decrementDecimal(`${n + 1n}`)).toBe(`${n}`);
  });
  fc.assert(property, { examples: [[0n], [9n], [99n], [100n], [1000n]] });
  expect(decrementDecimal("0")).toBeUndefined();
});

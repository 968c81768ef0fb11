import { describe, expect, it } from "vitest";
import { matchesIfRange, matchesNone } from "./conditional_request.ts";

describe("matchesNone", () => {
  it.each(['"a"', 'W/"a"', '"b", "a"', '"b",W/"a"', "*", ' "a" '])("%s names it", (field) => {
    expect(matchesNone(field, '"a"')).toBe(false);
  });

  it.each(['"b"', "", "a", '"A"', '"a', 'W/"b", "c"', '"b,"a", "'])("%s does not", (field) => {
    expect(matchesNone(field, '"a"')).toBe(true);
  });
});

describe("matchesIfRange", () => {
  it.each([undefined, '"a"'])("%s lets a range be taken", (field) => {
    expect(matchesIfRange(field, '"a"')).toBe(true);
  });

  it.each(['W/"a"', '"b"', "Sat, 21 Nov 2026 00:00:00 GMT"])("%s does not", (field) => {
    expect(matchesIfRange(field, '"a"')).toBe(false);
  });
});

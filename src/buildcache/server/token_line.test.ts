import fc from "fast-check";
import { expect, test } from "vitest";
import { formatTokenLine, TokenLine } from "./token_line.ts";

const REQUEST = '{"ID":1,"Command":"close"}\n\n';

function takeOffInPieces(
  bytes: Buffer,
  sizes: readonly number[],
): { line: TokenLine; rest: string } {
  const line = new TokenLine();
  const rest: Buffer[] = [];
  let start = 0;
  for (const size of [...sizes, bytes.length]) {
    rest.push(line.takeOff(bytes.subarray(start, start + size)));
    start += size;
  }
  return { line, rest: Buffer.concat(rest).toString() };
}

const sizes = fc.array(fc.integer({ min: 0, max: 12 }));

test("a token is taken off whatever pieces it comes in", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[!-~]{1,60}$/), sizes, (token, pieces) => {
      const bytes = Buffer.from(formatTokenLine(token) + REQUEST);
      const { line, rest } = takeOffInPieces(bytes, pieces);
      expect(line.token).toBe(token);
      expect(rest).toBe(REQUEST);
    }),
  );
});

test("without a token everything is the go command's", () => {
  fc.assert(
    fc.property(fc.constantFrom(REQUEST, "\n", "tokem x\n", "{"), sizes, (text, pieces) => {
      const { line, rest } = takeOffInPieces(Buffer.from(text), pieces);
      expect(line.token).toBeUndefined();
      expect(rest).toBe(text);
    }),
  );
});

test("a line that does not end is refused", () => {
  const line = new TokenLine();
  expect(line.takeOff(Buffer.from("token "))).toHaveLength(0);
  expect(() => line.takeOff(Buffer.alloc(2_000, "x"))).toThrow("the token is too long");
});

test.each(["", "two words", "new\nline", "ü", "x".repeat(600)])("%j is no token", (token) => {
  expect(() => formatTokenLine(token)).toThrow("a token has 1 to 512 characters");
});

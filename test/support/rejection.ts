import { expect } from "vitest";
import { type ErrorCode, isGomodfsError } from "../../src/lib/gomodfs_error.ts";

/** Matches a GomodfsError of this code whose message contains `text`: `await expect(p).rejects.toEqual(rejection(...))`. */
export function rejection(code: ErrorCode, text = ""): unknown {
  return expect.toSatisfy(
    (error: unknown) => isGomodfsError(error, code) && error.message.includes(text),
    `GomodfsError ${code} with "${text}"`,
  );
}

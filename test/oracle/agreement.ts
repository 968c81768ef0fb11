import { expect } from "vitest";
import { isGomodfsError } from "../../src/lib/gomodfs_error.ts";
import type { Answer } from "./oracle.ts";

/** What a function of ours says, in the form of the oracle's answers. Any error but a refusal goes on. */
export function outcome(compute: () => unknown): Answer {
  try {
    return { value: compute() };
  } catch (error) {
    if (isGomodfsError(error, "INVALID")) return { error: error.message };
    throw error;
  }
}

/** Both give the same value, or both refuse, whatever their words. */
export function expectAgreement(theirs: Answer, ours: Answer, input: unknown): void {
  expect(verdict(ours), JSON.stringify({ input, theirs, ours })).toStrictEqual(verdict(theirs));
}

/** Both give the same value, or both refuse in the same words. */
export function expectSameWords(theirs: Answer, ours: Answer, input: unknown): void {
  expect(ours, JSON.stringify(input)).toStrictEqual(theirs);
}

function verdict(answer: Answer): unknown {
  return "error" in answer ? "refused" : { value: answer.value };
}

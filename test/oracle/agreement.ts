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

/** An answer without the words of a refusal, to compare where each side has its own. */
export function verdict(answer: Answer): unknown {
  return "error" in answer ? "refused" : { value: answer.value };
}

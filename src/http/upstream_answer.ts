import { GomodfsError, isGomodfsError } from "../lib/gomodfs_error.ts";

/**
 * Waits for what is fetched for a client. What upstream gave may break rules (`INVALID`); the client's request does not,
 * so that the client is told of upstream's failure.
 */
export async function upstreamAnswer<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!isGomodfsError(error, "INVALID")) throw error;
    throw new GomodfsError("UPSTREAM", error.message, {
      ...(error.hint !== undefined && { hint: error.hint }),
      cause: error,
    });
  }
}

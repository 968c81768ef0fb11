import { GomodfsError } from "../gomodfs_error.ts";

/** The error for a request that nobody wants any longer. */
export function cancelledError(name: string, signal: AbortSignal | undefined): GomodfsError {
  return new GomodfsError("CANCELLED", `${name}: cancelled`, { cause: signal?.reason });
}

/**
 * Waits for what others wait for too, and so cannot be ended, until nobody wants it any longer.
 *
 * @param name how the message of a cancellation calls it
 * @throws GomodfsError `CANCELLED`, and what `promise` rejects with
 */
export async function untilAborted<T>(
  promise: Promise<T>,
  name: string,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (signal === undefined) return await promise;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(cancelledError(name, signal));
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

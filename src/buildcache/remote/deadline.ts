/** What a promise gives if it does so in time. */
export type Timely<T> =
  | { readonly isInTime: true; readonly value: T }
  | { readonly isInTime: false };

/**
 * Waits for a promise, but not for ever.
 *
 * @param milliseconds may be infinite
 */
export async function inTime<T>(promise: Promise<T>, milliseconds: number): Promise<Timely<T>> {
  const value = promise.then((value): Timely<T> => ({ isInTime: true, value }));
  if (milliseconds === Number.POSITIVE_INFINITY) return await value;
  const { promise: late, resolve } = Promise.withResolvers<Timely<T>>();
  const timer = setTimeout(() => resolve({ isInTime: false }), milliseconds);
  try {
    return await Promise.race([value, late]);
  } finally {
    clearTimeout(timer);
  }
}

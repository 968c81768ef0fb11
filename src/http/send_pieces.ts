import type { ServerResponse } from "node:http";
import type { HttpExchange } from "./http_exchange.ts";

/**
 * Sends a body piece by piece as the client takes it in, and ends the answer. A piece is asked for when the one before it
 * has been given to the kernel, whose memory may be used again then. That the client goes away is no failure.
 */
export async function sendPieces(
  { response, signal }: Pick<HttpExchange, "response" | "signal">,
  pieces: Iterable<Uint8Array>,
): Promise<void> {
  const gone = Promise.withResolvers<false>();
  const leave = (): void => gone.resolve(false);
  signal.addEventListener("abort", leave, { once: true });
  try {
    for (const piece of pieces) {
      if (signal.aborted || !(await Promise.race([write(response, piece), gone.promise]))) return;
    }
    response.end();
  } finally {
    signal.removeEventListener("abort", leave);
  }
}

/** Whether the bytes were taken. */
async function write(response: ServerResponse, bytes: Uint8Array): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  response.write(bytes, (error) => resolve(error === undefined || error === null));
  return await promise;
}

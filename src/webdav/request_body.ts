import type { IncomingMessage } from "node:http";
import type { HttpExchange } from "../http/http_exchange.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";

/** Whether a request has a body (RFC 9112 section 6). */
export function hasBody({ headers }: IncomingMessage): boolean {
  const { "content-length": length, "transfer-encoding": coding } = headers;
  return coding !== undefined || (length !== undefined && Number(length) > 0);
}

/** Whether a body is, as far as its length is told, no longer than this. */
export function isBodyWithin({ headers }: IncomingMessage, maximum: number): boolean {
  const { "content-length": length, "transfer-encoding": coding } = headers;
  return coding === undefined && Number(length ?? 0) <= maximum;
}

/**
 * Reads a body; the server bounds the time for it.
 *
 * @returns undefined if it is longer than `maximum` bytes: the rest is not read
 * @throws GomodfsError `CANCELLED` if the client goes away
 */
export async function readBody(
  { request, response }: HttpExchange,
  maximum: number,
): Promise<Uint8Array | undefined> {
  if (request.headers.expect !== undefined) response.writeContinue();
  const chunks: Uint8Array[] = [];
  let length = 0;
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array | undefined>();
  request.on("data", (chunk: Uint8Array) => {
    length += chunk.length;
    if (length <= maximum) chunks.push(chunk);
    else {
      request.pause();
      resolve(undefined);
    }
  });
  request.once("end", () => resolve(Buffer.concat(chunks)));
  const cancel = (cause?: unknown): void =>
    reject(new GomodfsError("CANCELLED", "the request ended before its body did", { cause }));
  request.once("error", cancel);
  request.once("close", () => {
    if (!request.complete) cancel();
  });
  return await promise;
}

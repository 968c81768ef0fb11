import type { ClientRequest, IncomingMessage } from "node:http";
import { GomodfsError, isGomodfsError } from "../lib/gomodfs_error.ts";
import type { BodyReceiver } from "./body_receiver.ts";
import { ExchangeWatch, type WatchedExchange } from "./exchange_watch.ts";
import { networkError } from "./network_error.ts";
import type { RefusalHead } from "./request_credentials.ts";
import { maxReasonBytes, serverReason } from "./server_reason.ts";

/** What one request is to bring. */
export interface HttpExchange<T> extends WatchedExchange {
  /** Bytes of the body; more is an error. */
  readonly maxBytes: number;
  /** Makes what takes the body, knowing its size where the server announced it. */
  readonly receive: (size: number | undefined) => BodyReceiver<T>;
}

/** What came back. */
export type HttpAnswer<T> =
  | { readonly kind: "body"; readonly body: T }
  | { readonly kind: "redirect"; readonly location: string }
  | (RefusalHead & {
      readonly kind: "refusal";
      /** What the server says about it, bounded and fit to be shown; may be empty. */
      readonly reason: string;
      readonly retryAfter: string | undefined;
    });

const redirectStatus = new Set([301, 302, 303, 307, 308]);

/**
 * Sends a request and takes in the whole answer.
 *
 * @throws GomodfsError `UPSTREAM`, `TIMEOUT`, `CANCELLED`, `TOO_LARGE`, or what the receiver throws
 */
export async function performExchange<T>(
  request: ClientRequest,
  exchange: HttpExchange<T>,
): Promise<HttpAnswer<T>> {
  using watch = new ExchangeWatch(request, exchange);
  try {
    const response = await responseTo(request);
    watch.progress();
    return await readAnswer(response, exchange, watch);
  } catch (error) {
    request.destroy();
    // What the connection says after it was ended on purpose explains nothing.
    if (watch.reason !== undefined) throw watch.reason;
    throw isGomodfsError(error) ? error : networkError(exchange.name, error);
  }
}

function responseTo(request: ClientRequest): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  // Not `once`: a connection that is ended later may report a second error, which must find a listener.
  request.on("error", reject);
  request.once("response", resolve);
  request.end();
  return promise;
}

async function readAnswer<T>(
  response: IncomingMessage,
  exchange: HttpExchange<T>,
  watch: ExchangeWatch,
): Promise<HttpAnswer<T>> {
  const status = response.statusCode ?? 0;
  if (status === 200) return { kind: "body", body: await readBody(response, exchange, watch) };
  const beginning = await readBeginning(response);
  if (watch.reason !== undefined) throw watch.reason;
  const { location } = response.headers;
  if (redirectStatus.has(status) && location !== undefined) return { kind: "redirect", location };
  const reason = serverReason(response.headers["content-type"], beginning);
  return {
    kind: "refusal",
    httpVersion: response.httpVersion,
    status,
    statusText: response.statusMessage ?? "",
    rawHeaders: response.rawHeaders,
    reason,
    retryAfter: response.headers["retry-after"],
  };
}

async function readBody<T>(
  response: IncomingMessage,
  exchange: HttpExchange<T>,
  watch: ExchangeWatch,
): Promise<T> {
  const { name, maxBytes } = exchange;
  const encoding = response.headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") {
    throw new GomodfsError("UPSTREAM", `${name}: the body is encoded as ${encoding} unasked`);
  }
  const length = response.headers["content-length"];
  const size = length === undefined ? undefined : Number(length);
  if (size !== undefined && size > maxBytes) throw tooLarge(name, maxBytes);
  const receiver = exchange.receive(size);
  try {
    let received = 0;
    for await (const chunk of chunksOf(response)) {
      watch.progress();
      received += chunk.length;
      if (received > maxBytes) throw tooLarge(name, maxBytes);
      const written = receiver.write(chunk);
      if (written !== undefined) await watch.paused(written);
    }
    return await receiver.finish();
  } catch (error) {
    await receiver.discard();
    throw error;
  }
}

/** The first bytes of a body of which no more is wanted. */
async function readBeginning(response: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of chunksOf(response)) {
      chunks.push(chunk);
      size += chunk.length;
      // Leaving the loop closes the connection: better than to read an endless error page.
      if (size >= maxReasonBytes) break;
    }
  } catch {
    // The status is known already; how its explanation ends does not matter.
  }
  return Buffer.concat(chunks);
}

async function* chunksOf(response: IncomingMessage): AsyncGenerator<Buffer> {
  const chunks: AsyncIterable<unknown> = response;
  for await (const chunk of chunks) {
    // Always: nothing sets an encoding on the response.
    if (Buffer.isBuffer(chunk)) yield chunk;
  }
}

function tooLarge(name: string, maxBytes: number): GomodfsError {
  return new GomodfsError("TOO_LARGE", `${name}: the body is larger than ${maxBytes} bytes`);
}

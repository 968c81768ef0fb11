import type { HttpExchange } from "../http/http_exchange.ts";
import type { HeaderFields } from "../http/representation.ts";
import { sendPieces } from "../http/send_pieces.ts";

/** Characters that go out together: a document of some 150 resources is one piece. */
const PIECE_LENGTH = 48 * 1024;

/**
 * Sends a document that is made while it is sent, no faster than the client takes it in. One that fits into a piece has a
 * Content-Length. The body is left out for HEAD.
 *
 * @throws whatever making the first piece throws, before anything is sent
 */
export async function sendText(
  exchange: HttpExchange,
  status: number,
  fields: HeaderFields,
  text: Iterable<string>,
): Promise<void> {
  const { request, response } = exchange;
  const pieces = joined(text);
  const first = pieces.next();
  const second = first.done === true ? first : pieces.next();
  const begin = first.done === true ? new Uint8Array() : first.value;
  if (second.done === true) {
    response.writeHead(status, [...fields, "Content-Length", String(begin.length)]);
    response.end(request.method === "HEAD" ? undefined : begin);
    return;
  }
  response.writeHead(status, [...fields]);
  if (request.method === "HEAD") response.end();
  else await sendPieces(exchange, chain([begin, second.value], pieces));
}

function* joined(text: Iterable<string>): Generator<Uint8Array, undefined> {
  let piece = "";
  for (const part of text) {
    piece += part;
    if (piece.length < PIECE_LENGTH) continue;
    yield Buffer.from(piece);
    piece = "";
  }
  if (piece !== "") yield Buffer.from(piece);
}

function* chain<T>(...parts: readonly Iterable<T>[]): Generator<T, undefined> {
  for (const part of parts) yield* part;
}

import type { RequestMethod } from "../body_framing.ts";
import { ResponseDecoder } from "../response_decoder.ts";
import type { ResponseHead } from "../response_head.ts";

/** What a decoder made of some bytes. */
export interface DecodedResponse {
  readonly head: ResponseHead | undefined;
  /** Latin-1 */
  readonly body: string;
  readonly bodyLength: number | undefined;
  /** False if more must come. */
  readonly complete: boolean;
  readonly reusable: boolean;
}

/**
 * Decodes an answer that comes in pieces, as a connection does it: all pieces in the same memory, which is wiped once the
 * decoder says that it has read it.
 *
 * @param closed whether the connection ends after the pieces
 */
export function decodeResponse(
  pieces: readonly Uint8Array[],
  { method = "GET", closed = false }: { method?: RequestMethod; closed?: boolean } = {},
): DecodedResponse {
  const decoder = new ResponseDecoder(method);
  const memory = Buffer.alloc(Math.max(0, ...pieces.map((piece) => piece.length)));
  let body = "";
  let complete = false;
  for (const piece of pieces) {
    memory.set(piece);
    decoder.feed(memory.subarray(0, piece.length));
    for (let event = decoder.next(); event !== "more"; event = decoder.next()) {
      if (event === "body") body += decoder.body.toString("latin1");
      complete = event === "end";
      if (complete) break;
    }
    if (complete) break;
    memory.fill("!");
  }
  if (closed) complete = decoder.close();
  const { head, bodyLength, isReusable: reusable } = decoder;
  return { head, body, bodyLength, complete, reusable };
}

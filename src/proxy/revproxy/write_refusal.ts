import type { ServerResponse } from "node:http";
import type { Refusal } from "../../http/refusal.ts";

/** Answers with a refusal, unless something was answered already. */
export function writeRefusal(response: ServerResponse, { status, headers, text }: Refusal): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, { ...headers, "Content-Length": Buffer.byteLength(text) });
  response.end(text);
}

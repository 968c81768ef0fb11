import type { HttpExchange } from "./http_exchange.ts";
import { refusal } from "./refusal.ts";

/** Answers GET and HEAD with a text that is true for a moment only. */
export function answerText(
  { request, response }: HttpExchange,
  status: number,
  text: string,
  contentType: string,
): void {
  if (request.method !== "GET" && request.method !== "HEAD") {
    const { status: refused, headers, text: why } = refusal(405, "only GET and HEAD are answered");
    response.writeHead(refused, { ...headers, Allow: "GET, HEAD" });
    response.end(why);
    return;
  }
  response.writeHead(status, {
    "Content-Type": contentType,
    "Content-Length": Buffer.byteLength(text),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
  });
  response.end(request.method === "HEAD" ? undefined : text);
}

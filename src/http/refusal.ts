import type { OutgoingHttpHeaders } from "node:http";

/** An answer without content of its own: why a request is not answered otherwise. */
export interface Refusal {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  /** The body: plain text, which the go command shows to its user. */
  readonly text: string;
}

/**
 * The go command shows the text of an error only if it is text/plain in UTF-8 or ASCII (cmd/go/internal/web/http.go, Get);
 * an error is true for a moment only.
 */
const PLAIN_TEXT: OutgoingHttpHeaders = {
  "Content-Type": "text/plain; charset=UTF-8",
  "Cache-Control": "no-store",
  "X-Content-Type-Options": "nosniff",
};

/** A refusal of this text, which gets a line end. */
export function refusal(status: number, text: string, headers: OutgoingHttpHeaders = {}): Refusal {
  return { status, headers: { ...PLAIN_TEXT, ...headers }, text: `${text}\n` };
}

import type { OutgoingHttpHeader } from "node:http";
import { STATUS_CODES } from "node:http";
import type { Refusal } from "../../http/refusal.ts";

/** The whole answer to a CONNECT that is refused; the connection ends with it. */
export function connectRefusal({ status, headers, text }: Refusal): string {
  const fields = Object.entries({
    ...headers,
    "Content-Length": Buffer.byteLength(text),
    Connection: "close",
  });
  const lines = fields.flatMap(([name, value]) =>
    valuesOf(value).map((each) => `${name}: ${each}\r\n`),
  );
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("")}\r\n${text}`;
}

function valuesOf(value: OutgoingHttpHeader | undefined): string[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [String(value)];
}

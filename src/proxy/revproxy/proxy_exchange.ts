import type { IncomingMessage, ServerResponse } from "node:http";
import type { RawFields } from "./forwarded_fields.ts";
import type { ListedHost } from "./listed_hosts.ts";

/** A request for a listed host, and its answer to be. */
export interface ProxyExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What is asked for, without user, password and fragment. */
  readonly url: URL;
  readonly host: ListedHost;
  /** Fires when the client has gone away. */
  readonly signal: AbortSignal;
}

/** The method of an exchange's request. */
export function methodOf({ request }: ProxyExchange): string {
  return request.method ?? "";
}

/** The fields of an exchange's request. */
export function fieldsOf({ request }: ProxyExchange): RawFields {
  return request.rawHeaders;
}

/** Whether content follows the request's head (RFC 9112 section 6.3). */
export function hasContent({ request }: ProxyExchange): boolean {
  const { "content-length": length, "transfer-encoding": coding } = request.headers;
  return coding !== undefined || (length !== undefined && !/^0+$/.test(length));
}

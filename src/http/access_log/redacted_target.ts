import { redactUserinfo } from "../../lib/redact_url.ts";

/** Longer targets and names are cut: a line of the log stays one that can be read. */
const MAX_LENGTH = 512;
/** What the go command asks with; it says nothing of who asks. */
const HARMLESS_QUERY = "go-get=1";

/**
 * A request's target as the log may show it: without its host, which may have user information before it, and without
 * its query, where tokens and signatures are.
 *
 * @param path of {@linkcode HttpExchange}
 * @param target the whole
 */
export function redactedTarget(path: string, target: string): string {
  const start = target.indexOf("?");
  const query = start < 0 ? "" : target.slice(start + 1);
  const shown = query === "" || query === HARMLESS_QUERY ? query : "xxxxx";
  return redactedText(path) + (query === "" ? "" : `?${shown}`);
}

/** A text of a client, cut, without what looks like user information of a URL. */
export function redactedText(text: string): string {
  const redacted = redactUserinfo(text);
  return redacted.length > MAX_LENGTH ? `${redacted.slice(0, MAX_LENGTH)}...` : redacted;
}

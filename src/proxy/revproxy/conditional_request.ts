import { matchesNone } from "../../http/conditional_request.ts";
import { fieldValue, type RawFields } from "./forwarded_fields.ts";

/** The fields that make a request conditional (RFC 9110 section 13.1). */
export const CONDITIONAL_FIELDS: ReadonlySet<string> = new Set([
  "if-match",
  "if-none-match",
  "if-modified-since",
  "if-unmodified-since",
  "if-range",
]);

/** Whether a request has conditions that a stored answer need not decide: those that guard changes. */
export function hasConditions(request: RawFields): boolean {
  return [...CONDITIONAL_FIELDS].some((name) => fieldValue(request, name) !== undefined);
}

/** Whether the asker has what an answer would bring: 304 then (RFC 9110 sections 13.1.2 and 13.1.3). */
export function isNotModified(request: RawFields, answer: RawFields): boolean {
  const noneMatch = fieldValue(request, "if-none-match");
  const etag = fieldValue(answer, "etag");
  if (noneMatch !== undefined) {
    return !matchesNone(noneMatch, (etag ?? "").replace(/^W\//, ""));
  }
  const since = Date.parse(fieldValue(request, "if-modified-since") ?? "");
  const modified = Date.parse(fieldValue(answer, "last-modified") ?? "");
  return modified <= since;
}

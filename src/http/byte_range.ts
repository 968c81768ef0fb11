/** Some of the bytes of a representation: from `start` up to, not including, `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** What a Range field asks for. */
export type RangeRequest =
  /** Everything: there is no such field, or it is one that a server passes over (RFC 9110 section 14.2). */
  | { readonly kind: "whole" }
  | { readonly kind: "part"; readonly range: ByteRange }
  /** 416: it begins behind the end. */
  | { readonly kind: "unsatisfiable" };

const WHOLE: RangeRequest = { kind: "whole" };
/** `a-b`, `a-` or `-n` of bytes (RFC 9110 section 14.1.2). More digits than these would not be exact. */
const SINGLE_RANGE_PATTERN = /^bytes[ \t]*=[ \t]*(\d{0,15})-(\d{0,15})[ \t]*$/i;

/**
 * Reads a Range field. Several ranges are answered with everything: it is allowed, and no Go client asks for them.
 *
 * @param size bytes of the representation
 */
export function parseRange(field: string | undefined, size: number): RangeRequest {
  const match = field === undefined ? null : SINGLE_RANGE_PATTERN.exec(field);
  if (match === null) return WHOLE;
  const [, first = "", last = ""] = match;
  if (first === "") return last === "" ? WHOLE : suffixRange(Number(last), size);
  const start = Number(first);
  if (last !== "" && Number(last) < start) return WHOLE;
  if (start >= size) return { kind: "unsatisfiable" };
  return part(start, last === "" ? size : Math.min(Number(last) + 1, size));
}

function suffixRange(length: number, size: number): RangeRequest {
  if (length === 0 || size === 0) return { kind: "unsatisfiable" };
  return part(Math.max(0, size - length), size);
}

function part(start: number, end: number): RangeRequest {
  return { kind: "part", range: { start, end } };
}

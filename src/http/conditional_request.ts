/**
 * Whether If-None-Match names a representation that the client has already (RFC 9110 section 13.1.2): weak comparison, and
 * `*` is any.
 */
export function matchesNone(ifNoneMatch: string, etag: string): boolean {
  if (ifNoneMatch.trim() === "*") return false;
  return !entityTags(ifNoneMatch).some((tag) => opaqueTag(tag) === etag);
}

/**
 * Whether a range may be taken from the representation (RFC 9110 section 13.1.5). Strong comparison; a date never fits,
 * since modules have none.
 */
export function matchesIfRange(ifRange: string | undefined, etag: string): boolean {
  return ifRange === undefined || ifRange.trim() === etag;
}

/** Commas may stand inside a tag's quotes too. */
function entityTags(field: string): readonly string[] {
  return field.match(/(?:W\/)?"[^"]*"/g) ?? [];
}

function opaqueTag(tag: string): string {
  return tag.startsWith("W/") ? tag.slice(2) : tag;
}
